"""The web as a model may use it: search it, and read one of its pages.

Whatever comes from there is a stranger's: it is bounded, parsed in confinement, and given to the
model as information.
"""
