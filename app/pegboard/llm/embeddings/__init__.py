"""Texts in, unit vectors out: a local model, or a provider's through a call that is passed in."""
