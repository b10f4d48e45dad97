"""Deciding and asking the model. Knows no database."""
