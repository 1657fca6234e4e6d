"""The edge: from files with national numbers to pseudonymous events. Nothing behind it sees a number."""
