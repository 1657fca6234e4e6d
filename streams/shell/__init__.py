"""What touches the machine: clock, logs, metrics, health, progress, processes."""
