"""Pegboard: the Backboard API and the OpenAI Assistants API over one store and one run engine."""
