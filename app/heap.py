"""What is loaded once and stays is no business of the garbage collector.

A full collection walks everything that is alive, and holds the interpreter's lock meanwhile: over a
server's 180,000 objects of modules and classes that took 120 ms, every now and then.
"""

import gc


def keep_what_is_loaded() -> None:
    """Have the collector pass over all that is alive now."""
    gc.freeze()
