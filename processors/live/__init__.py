"""What municipalities amount to between two updates."""
