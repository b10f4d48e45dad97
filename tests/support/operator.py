"""`pegboard keys` as an operator types it, on a given database."""

from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

from tests.support.program import pegboard


@dataclass(frozen=True)
class Operator:
    """Makes keys and looks after them; every command must succeed unless its error is asked for."""

    database_url: str

    def make_key(self, **options: Any) -> str:
        """A new key with options such as `requests_per_minute=2`."""
        return self.keys("create", *_words(options)).splitlines()[0]

    def id_of(self, key: str) -> str:
        """The id of a key, by the prefix that the list shows; the newest where two are alike."""
        lines = self.keys("list").splitlines()
        return next(line.split()[0] for line in reversed(lines) if f"{key[:7]}…" in line)

    def line_of(self, key: str) -> str:
        key_id = self.id_of(key)
        return next(line for line in self.keys("list").splitlines() if line.startswith(key_id))

    def update(self, key: str, **options: Any) -> None:
        self.keys("update", self.id_of(key), *_words(options))

    def revoke(self, key: str) -> None:
        self.keys("revoke", self.id_of(key))

    def keys(self, *words: str) -> str:
        result = self._run(*words)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def error_of(self, *words: str) -> str:
        result = self._run(*words)
        assert result.returncode != 0
        assert "Traceback" not in result.stdout + result.stderr
        return result.stderr

    def _run(self, *words: str) -> "CompletedProcess[str]":
        return pegboard("keys", *words, PEGBOARD_DATABASE_URL=self.database_url)


def _words(options: dict[str, Any]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
