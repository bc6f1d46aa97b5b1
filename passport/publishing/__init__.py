"""What the world reads: keys, trust list, code list, status lists, type metadata."""
