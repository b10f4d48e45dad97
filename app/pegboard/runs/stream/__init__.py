"""The events of runs: written, kept, told as they come."""
