"""Why reading ended early, in words for the file's owner."""

import signal
from typing import Final

TIME: Final = "The file takes too much time to read"
MEMORY: Final = "The file takes too much memory to read"
CRASH: Final = "The file is damaged: the reader did not survive it"
ABORT: Final = "The file is damaged, or takes too much memory to read"
DEPTH: Final = "The file is nested too deeply"
EMPTY: Final = "The file is empty"
NO_TEXT: Final = "The file holds no text"


def too_much_text(most: int) -> str:
    return f"The file holds too much text (more than {most / 1_000_000:g} MB)"


def of_death(returncode: int, last_words: str) -> str:
    """What a reader died of, when it could not say so itself."""
    if "memory allocation" in last_words or "out of memory" in last_words.lower():
        return MEMORY
    if returncode == -getattr(signal, "SIGXCPU", 24):
        return TIME
    if returncode == -getattr(signal, "SIGKILL", 9):
        return MEMORY  # not by us: the kernel makes room this way
    if returncode == -signal.SIGABRT:
        return ABORT  # the end of C++ and Rust that get no more memory, and of their own checks
    return CRASH
