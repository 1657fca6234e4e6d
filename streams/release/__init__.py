"""What both drivers do at a closed update: cut, indicators, and the history of vintages."""
