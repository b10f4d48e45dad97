"""Read files that strangers send, in processes that may die of it.

Imports nothing: each reading process would pay for it, and needs none of what the server does.
"""
