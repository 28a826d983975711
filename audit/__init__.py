"""The record: who did what and why. ``acting`` and ``record`` are what other rooms need."""
