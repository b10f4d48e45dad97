"""What callers may ask of runs, each in one transaction."""
