"""The shell: commands, settings, drivers. May import every other floor."""
