"""The events of runs: written, stored, published as they come."""
