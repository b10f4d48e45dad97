"""Folders that a Postgres may live in."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgres_folder() -> Iterator[Path]:
    """A new folder, removed in the end even while a killed Postgres is still leaving it.

    Postgres runs as another user where the tests run as root, and must reach the folder.
    """
    with tempfile.TemporaryDirectory(prefix="pegboard-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)
