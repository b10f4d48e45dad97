"""The program `pegboard`: what operators type and read."""
