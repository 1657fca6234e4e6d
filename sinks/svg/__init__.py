"""Charts and maps as SVG, drawn here and not in the browser: the same figures, the same bytes."""
