"""Attempts to answer on a thread: deciding, doing, recording and telling, each in its own file."""
