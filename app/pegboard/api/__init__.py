"""The public APIs. Each speaks one; nothing below them knows that they exist."""
