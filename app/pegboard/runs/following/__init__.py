"""Following a run from any process."""
