"""Checks what the installed Python client, of any version, makes of a server: URL KEY.

Prints the client's version, then a line for each endpoint and case.
"""

import asyncio
import sys
from importlib import import_module
from importlib.metadata import version

from checking import run_all

NOUNS = (  # in the order in which they are told
    "assistants",
    "threads",
    "messages",
    "runs",
    "documents",
    "memories",
    "models",
    "billing",
    "refused",
)

for noun in NOUNS:
    import_module(f"checks.{noun}")
print(version("backboard-sdk"))
asyncio.run(run_all(*sys.argv[1:]))
