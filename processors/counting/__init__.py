"""How many: the cells of a node and period, from the rows of the ledger (B1-E5)."""
