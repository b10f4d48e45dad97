"""`pegboard doctor`."""

import typer

from pegboard.cli.exits import run
from pegboard.cli.options import DataDir, Host, Port, Workers, settings_with


def doctor(
    host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None
) -> None:
    """Say what is well and what is not, as `serve` would be run. Exits with 1 where it FAILs."""
    from pegboard.operations.doctor.examination import examine  # noqa: PLC0415
    from pegboard.operations.doctor.finding import Level  # noqa: PLC0415

    settings = settings_with(host=host, port=port, workers=workers, data_dir=data_dir)

    async def report() -> bool:
        failed = False
        async for finding in examine(settings):
            typer.echo(finding.line())
            failed = failed or finding.level is Level.FAIL
        return failed

    if run(report()):
        raise typer.Exit(1)
