"""For research: extractions of persons under a study key, questions about them, and a forecast of late figures."""
