"""Turns of a conversation."""
