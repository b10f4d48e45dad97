"""How this program starts its own modules in processes of their own."""

import sys
from typing import Final

ISOLATED: Final = ("-E", "-P")
"""Python's options for "look for modules only where they were installed".

`-m` puts the folder that a process starts in before everything else, and PYTHONPATH comes next: a
package `app` that lies there would be run in our place. Not `-I`, which also leaves out what was
installed for one user alone (`pip install --user`): whoever can write there can change us anyway.
"""


def module_command(module: str, *options: str) -> tuple[str, ...]:
    """The command for a module of ours, with further options of the interpreter."""
    # Ignored with the rest of the environment; a filesystem that is read-only needs it.
    bytecode = ("-B",) if sys.dont_write_bytecode else ()
    return (sys.executable, *ISOLATED, *bytecode, *options, "-m", module)
