"""Objects that came from another server are asked for and shown by the ids that they had there.

Within, they have ids of their own, of which no endpoint and no room knows that they are special.
"""
