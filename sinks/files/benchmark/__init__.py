"""The centre cities side by side: figures, page and workbook."""
