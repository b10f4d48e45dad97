"""Who owns everything, and the proof of being that owner."""
