"""The shapes of the Backboard API, one file per noun. A shape knows its row; no row knows these."""
