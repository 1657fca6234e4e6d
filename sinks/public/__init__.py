"""The public tree: what of a store the public may know, sealed, and readable without the store."""
