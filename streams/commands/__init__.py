"""The commands, one file a group; each says in its help what it does, and calls what does it."""
