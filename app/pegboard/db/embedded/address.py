"""Where a running Postgres is reached, and with which password."""

from dataclasses import dataclass, field
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Address:
    """`host` is a folder with a Unix socket in it, or an IP address."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)

    def url(self, database: str) -> str:
        """A SQLAlchemy URL. A socket folder travels in the query, the only place that takes one."""
        credentials = f"{quote(self.user, safe='')}:{quote(self.password, safe='')}"
        name = quote(database, safe="")
        if self.host.startswith("/"):
            host = quote(self.host, safe="/")
            return f"postgresql+asyncpg://{credentials}@/{name}?host={host}&port={self.port}"
        return f"postgresql+asyncpg://{credentials}@{self.host}:{self.port}/{name}"
