"""The demo: real outages, two invented contracts, and a history that is replayed as of a date."""
