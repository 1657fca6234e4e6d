"""Statistics of individualised projects (GPMI): signed contracts, their versions and evaluations (I)."""
