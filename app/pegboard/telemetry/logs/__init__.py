"""What is written about what happens: facts and ids. Nothing that users or models have said."""

from pegboard.telemetry.logs.writing import configure

__all__ = ["configure"]
