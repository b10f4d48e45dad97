"""Caller: who asks, once the key is recognised."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pegboard.tenants.limits import UNLIMITED, Limits
from pegboard.tenants.permissions import EVERYTHING, NotPermitted, Permission


@dataclass(frozen=True, slots=True)
class Caller:
    """A tenant by one of its keys, with what that key is good for."""

    tenant_id: UUID
    key_id: UUID
    permissions: frozenset[Permission] = EVERYTHING
    limits: Limits = UNLIMITED
    expires_at: datetime | None = None

    def require(self, needed: Permission) -> None:
        """Raises NotPermitted."""
        if needed not in self.permissions:
            raise NotPermitted(needed)

    def is_expired(self, moment: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= moment
