"""Arguments in, tables and one line of JSON out."""
