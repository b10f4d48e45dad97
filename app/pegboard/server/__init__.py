"""The processes: serving, working, starting and stopping."""
