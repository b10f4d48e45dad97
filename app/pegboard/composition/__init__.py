"""Putting the parts together, by the settings."""
