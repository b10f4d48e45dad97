"""Mint, keep, recognise and revoke keys.

Only hashes are stored. Keys are long and random, or the caller's own choice in open mode, where
the address is the protection; a slow hash would add its time to every request for nothing.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.errors import AppError, Kind, NotFound
from app.identifiers import new_id
from app.tenants.tables import ApiKey, Tenant

KEY_PREFIX = "pb_"


class RevokedKey(AppError):
    kind = Kind.UNAUTHENTICATED
    code = "revoked_key"


@dataclass(frozen=True, slots=True)
class Owner:
    """The tenant of a key; `imported` where it has objects of another server."""

    tenant_id: UUID
    imported: bool


def hash_key(key: str) -> str:
    """The form in which a key is stored: hex SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()


def mint() -> str:
    """A new random key of 256 bits."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


async def keep(
    session: AsyncSession, key: str, *, name: str, tenant_id: UUID | None = None, minted: bool
) -> ApiKey:
    """Store a key for a tenant, a new one unless named; a key stored before stays as it is."""
    # Two first requests with one key must not make two tenants: the lock is held to the commit.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key_hash, 0))"),
        {"key_hash": hash_key(key)},
    )
    known = await session.scalar(select(ApiKey).where(ApiKey.key_hash == hash_key(key)))
    if known is not None:
        if known.revoked_at is not None:
            raise RevokedKey("The key is revoked")
        # A key met in open mode becomes a real one when the operator asks for it.
        known.minted = known.minted or minted
        return known
    if tenant_id is None:
        tenant_id = new_id()
        session.add(Tenant(id=tenant_id, created_at=clock.now()))
        await session.flush()
    elif await session.get(Tenant, tenant_id) is None:
        raise NotFound("Tenant")
    stored = ApiKey(
        id=new_id(),
        tenant_id=tenant_id,
        name=name,
        prefix=key[:7] if minted else "",
        key_hash=hash_key(key),
        minted=minted,
        created_at=clock.now(),
        revoked_at=None,
    )
    session.add(stored)
    return stored


async def recognise(session: AsyncSession, key: str, *, minted_only: bool) -> Owner | None:
    """The tenant of a key, or None for one that is unknown or revoked."""
    found = (
        select(Tenant.id, Tenant.imported_at)
        .join(ApiKey, ApiKey.tenant_id == Tenant.id)
        .where(ApiKey.key_hash == hash_key(key), ApiKey.revoked_at.is_(None))
    )
    if minted_only:
        found = found.where(ApiKey.minted)
    row = (await session.execute(found)).first()
    return None if row is None else Owner(row[0], row[1] is not None)


async def note_import(session: AsyncSession, tenant_id: UUID) -> None:
    """From now on the tenant has objects of another server. Raises NotFound."""
    tenant = await session.get(Tenant, tenant_id)
    if tenant is None:
        raise NotFound("Tenant")
    tenant.imported_at = tenant.imported_at or clock.now()


async def list_keys(session: AsyncSession) -> Sequence[ApiKey]:
    """Every minted key, oldest first."""
    return (await session.scalars(select(ApiKey).where(ApiKey.minted).order_by(ApiKey.id))).all()


async def revoke(session: AsyncSession, key_id: UUID) -> ApiKey:
    """Refuse a key from now on. Its tenant's objects stay."""
    stored = await session.get(ApiKey, key_id)
    if stored is None:
        raise NotFound("Key")
    if stored.revoked_at is None:
        stored.revoked_at = clock.now()
    return stored
