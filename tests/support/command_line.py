"""The program `pegboard`, called as an operator calls it."""

import os
import subprocess
import sys


def pegboard(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, with these settings and none of the environment's."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PEGBOARD_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        env={**environment, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
