"""Keyed services: their records, faults, topics and codes, beside the dossier log and no part of it."""
