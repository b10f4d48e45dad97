"""Tools that this server answers itself, in the midst of a run."""
