"""The way to a language model: what we ask, what comes back, and who answers."""
