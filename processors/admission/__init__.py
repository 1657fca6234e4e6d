"""What may count: events decoded, judged, split over months and folded into the ledger (A1-A8)."""
