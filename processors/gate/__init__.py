"""What may be shown, and since when: delay, variation, states, and sentences about them (G1-G8)."""
