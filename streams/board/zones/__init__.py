"""The board for those whom a proxy names: an OCMW, an officer, a researcher; each sees its own and nothing else."""
