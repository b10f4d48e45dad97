"""Attempts to answer on a thread: deciding, executing, recording, following, each in its file."""
