"""The right to play a run: held by one process, for as long as it shows that it lives.

Moments are the database's, so that servers whose clocks differ agree.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func

LEASE: Final = timedelta(seconds=10)
HEARTBEAT: Final = timedelta(seconds=2.5)


@dataclass(frozen=True, slots=True)
class Lessee:
    """The process that plays runs; a new id each time it starts."""

    process_id: UUID

    def held(self) -> dict[str, Any]:
        """The columns of a run that this process takes or keeps."""
        return {"lease_owner": self.process_id, "lease_until": func.now() + LEASE}


RELEASED: Final[dict[str, Any]] = {"lease_owner": None, "lease_until": None}
