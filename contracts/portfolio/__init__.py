"""Portfolios: many contracts in one file, looked at row by row before anything is written."""
