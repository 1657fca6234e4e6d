"""Files for people and their tools: Parquet, CSV, SDMX-CSV and Excel workbooks of one release."""
