"""A run in a process: executed, recorded, aborted, recovered."""
