"""Checks what the installed Python client of OpenAI, of any version, makes of a server: URL KEY.

Prints the client's version, then a line for each endpoint and case.
"""

import sys
from importlib import import_module

import openai
from checking import run_all

NOUNS = (  # in the order of telling
    "assistants",
    "threads",
    "runs",
    "streams",
    "files",
    "stores",
    "searches",
    "first",
    "first_files",
    "chat",
)

for noun in NOUNS:
    import_module(f"checks.{noun}")
print(openai.__version__)
run_all(*sys.argv[1:])
