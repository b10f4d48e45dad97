"""The program `pegboard`: what operators type, read and told."""
