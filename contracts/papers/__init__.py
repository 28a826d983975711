"""Papers: the PDF that was signed, read safely, and the passages of it that clauses of the terms rest on."""
