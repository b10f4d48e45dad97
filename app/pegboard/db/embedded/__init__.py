"""A Postgres of our own, for those who named none: started, watched and stopped with the server.

Knows how to run Postgres from a folder of binaries. Does not know tables, migrations or settings.
"""

from pegboard.db.embedded.address import Address
from pegboard.db.embedded.errors import (
    BinariesMissing,
    DataFolderInUse,
    DataFolderUnusable,
    DiskFull,
    PostgresFailed,
    WrongPostgresVersion,
)
from pegboard.db.embedded.placement import has_cluster
from pegboard.db.embedded.postgres import EmbeddedPostgres

__all__ = [
    "Address",
    "BinariesMissing",
    "DataFolderInUse",
    "DataFolderUnusable",
    "DiskFull",
    "EmbeddedPostgres",
    "PostgresFailed",
    "WrongPostgresVersion",
    "has_cluster",
]
