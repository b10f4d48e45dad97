"""Text in pictures, by the tesseract program where it is installed."""

import shutil
import subprocess
from typing import Final

from pegboard.documents.formats.faults import UnreadableFile

NEEDED: Final = (
    "Reading text in images needs tesseract; install it (Debian: apt-get install tesseract-ocr)"
)


def is_installed() -> bool:
    return shutil.which("tesseract") is not None


def text_in(picture: bytes) -> str:
    program = shutil.which("tesseract")
    if program is None:
        raise UnreadableFile(NEEDED)
    # It lives in this process's group and under its limits, so it needs none of its own.
    done = subprocess.run(  # noqa: S603  fixed words; the picture comes over stdin
        [program, "stdin", "stdout", "--psm", "3"], input=picture, capture_output=True, check=False
    )
    if done.returncode != 0:
        detail = done.stderr[-500:].decode("utf-8", "replace")
        raise UnreadableFile("The image is damaged, or too large to read", detail=detail)
    return done.stdout.decode("utf-8", "replace").strip()
