"""Intake: partitions of the dossier log folded into batches of rows."""
