"""The vocabulary: frozen values, code lists, dated parameters, events and their Avro files. Imports no other floor."""
