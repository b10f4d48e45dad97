"""What every API is given when it is built."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from pegboard.api.http.asgi import Admit, Recognise
from pegboard.api.http.fair_admission import Admission
from pegboard.idempotency.ledger import Ledger
from pegboard.originals.directory import Directory


@dataclass(frozen=True, slots=True)
class ApiRules:
    """`origins`: those whose pages may call. Sizes in bytes.

    `imported` says which tenants have objects with ids in the `directory` of original ones.
    """

    version: str
    origins: frozenset[str]
    recognise: Recognise
    admit: Admit
    admission: Admission
    imported: Callable[[UUID], bool]
    directory: Directory
    max_body: int
    max_upload: int
    ledger: Ledger
