"""Simulator of iAdvize: see README.md."""
