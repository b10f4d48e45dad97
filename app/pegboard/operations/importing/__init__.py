"""Conversations of another server, brought here with the ids that they had there.

Begun from the command line. Reads a folder that somebody else may have filled; writes through the
rooms, in transactions that each leave something whole, so that an import may end at any moment and
be begun again.
"""
