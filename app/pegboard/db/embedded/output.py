"""The end of what a program wrote, for an error message."""

from pathlib import Path


def last_lines(path: Path, count: int = 12) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])
