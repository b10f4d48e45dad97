"""`pegboard serve`."""

from pegboard.cli.exits import give_up_on
from pegboard.cli.options import DataDir, Host, Port, Workers, settings_with
from pegboard.errors import AppError


def serve(
    host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None
) -> None:
    """Serve the APIs."""
    settings = settings_with(host=host, port=port, workers=workers, data_dir=data_dir)
    # Imported when wanted: the other commands need no server, nor a supervisor the other's parts.
    if settings.workers > 1:
        from pegboard.server.supervision.supervisor import (  # noqa: PLC0415
            supervise as serve_forever,
        )
    else:
        from pegboard.server.serving import serve as serve_forever  # noqa: PLC0415

    try:
        serve_forever(settings)
    except AppError as error:
        give_up_on(error)
