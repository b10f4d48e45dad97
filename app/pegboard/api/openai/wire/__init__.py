"""The shapes of OpenAI's API, one file per noun. A shape knows its row; no row knows these."""
