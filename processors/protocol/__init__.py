"""What intake and publish believe of each other's messages: exactness without transactions."""
