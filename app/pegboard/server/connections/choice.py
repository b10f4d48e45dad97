"""The protocol that a server speaks over its connections."""

import asyncio
from typing import Literal

import structlog

from pegboard.server.connections.pool import ConnectionPool

log = structlog.get_logger("pegboard.server")


def http_protocol(pool: ConnectionPool) -> type[asyncio.Protocol] | Literal["auto"]:
    """Ours, bounded by the pool; uvicorn's where httptools has no wheel for the platform."""
    try:
        from pegboard.server.connections.protocol import (  # noqa: PLC0415  wants httptools
            bounded_by,
        )
    except ImportError:
        log.warning("connections_unbounded", reason="httptools is not installed")
        return "auto"
    return bounded_by(pool)
