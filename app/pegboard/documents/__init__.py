"""Files that a conversation can rest on."""
