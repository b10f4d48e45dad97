"""Providers that speak OpenAI's chat completions, asked without a library in between."""
