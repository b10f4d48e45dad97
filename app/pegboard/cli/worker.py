"""`pegboard worker`."""

from pegboard.cli.exits import run
from pegboard.cli.options import DataDir, settings_with


def worker(data_dir: DataDir = None) -> None:
    """Look after what servers leave behind."""
    from pegboard.server.worker import work  # noqa: PLC0415

    run(work(settings_with(data_dir=data_dir)))
