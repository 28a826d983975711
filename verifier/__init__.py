"""Recomputes a result from an evidence file, without a database and without the system that wrote it."""
