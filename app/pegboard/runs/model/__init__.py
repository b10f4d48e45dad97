"""The values of a run: events, snapshots, options. No I/O."""
