"""Configured personas: prompt, tools, embedding choice."""
