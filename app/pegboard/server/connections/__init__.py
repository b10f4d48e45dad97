"""What a connection may cost before, between and behind its requests: time, memory, descriptors.

Knows uvicorn's protocol, and nothing of what is asked over it.
"""
