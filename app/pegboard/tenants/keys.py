"""Mint, keep, recognise and revoke keys.

Only hashes are stored. Keys are long and random, or the caller's own choice in open mode, where
the address is the protection; a slow hash would add its time to every request for nothing.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pegboard import clock
from pegboard.errors import AppError, ErrorKind, NotFound
from pegboard.identifiers import new_id
from pegboard.tenants.callers import Caller
from pegboard.tenants.limits import UNLIMITED, Limits
from pegboard.tenants.permissions import USUAL, Permission, permissions_named
from pegboard.tenants.tables import ApiKey, Tenant

KEY_PREFIX: Final = "pb_"


class KeyState(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"


class KeyEnded(AppError):
    """The key is revoked, or its time is up."""

    kind = ErrorKind.UNAUTHENTICATED
    code = "key_ended"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a key is good for."""

    permissions: frozenset[Permission] = USUAL
    limits: Limits = UNLIMITED
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that is known; `imported` where its tenant has objects of another server."""

    key: ApiKey
    imported: bool


def hash_key(key: str) -> str:
    """The form in which a key is stored: hex SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()


def mint() -> str:
    """A new random key of 256 bits."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


async def keep(
    session: AsyncSession,
    key: str,
    *,
    name: str,
    tenant_id: UUID | None = None,
    grant: Grant | None = None,
) -> ApiKey:
    """Store a key of the operator's for a tenant, a new one unless named.

    A key stored before stays as it is, but becomes the operator's where it was only met in open
    mode. Raises KeyEnded for one that is good no more, and NotFound for the tenant.
    """
    stored = await _keep(session, hash_key(key), name=name, tenant_id=tenant_id)
    if not stored.minted:
        stored.minted, stored.name = True, name
        # Of a short key that somebody has chosen, what is shown must leave enough to guess.
        stored.prefix = key[: min(7, len(key) // 4)]
        set_grant(stored, grant or Grant())
    return stored


async def keep_met(session: AsyncSession, key_hash: str) -> ApiKey:
    """Store a key that is met in open mode, with a tenant of its own. Raises KeyEnded."""
    return await _keep(session, key_hash, name="open mode", tenant_id=None)


async def _keep(
    session: AsyncSession, key_hash: str, *, name: str, tenant_id: UUID | None
) -> ApiKey:
    # Two first requests with one key must not make two tenants: the lock is held to the commit.
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key_hash, 0))"),
        {"key_hash": key_hash},
    )
    known = await find(session, key_hash)
    if known is not None:
        key = known.key
        if key.revoked_at is not None:
            raise KeyEnded("The key is revoked")
        if state_of(key) is not KeyState.ACTIVE:
            raise KeyEnded("The key has expired")
        return key
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
        prefix="",
        key_hash=key_hash,
        minted=False,
        created_at=clock.now(),
        revoked_at=None,
    )
    session.add(stored)
    return stored


async def find(session: AsyncSession, key_hash: str) -> KnownKey | None:
    query = (
        select(ApiKey, Tenant.imported_at.is_not(None))
        .join(Tenant, Tenant.id == ApiKey.tenant_id)
        .where(ApiKey.key_hash == key_hash)
    )
    row = (await session.execute(query)).first()
    return None if row is None else KnownKey(*row)


def set_grant(stored: ApiKey, grant: Grant) -> None:
    stored.permissions = [one for one in Permission if one in grant.permissions]
    stored.expires_at = grant.expires_at
    stored.requests_per_minute = grant.limits.requests_per_minute
    stored.concurrent_runs = grant.limits.concurrent_runs
    stored.tokens_per_day = grant.limits.tokens_per_day


def grant_of(stored: ApiKey) -> Grant:
    return Grant(
        permissions_named(stored.permissions),
        Limits(stored.requests_per_minute, stored.concurrent_runs, stored.tokens_per_day),
        stored.expires_at,
    )


def caller_by(stored: ApiKey) -> Caller:
    """Who asks with this key."""
    grant = grant_of(stored)
    return Caller(stored.tenant_id, stored.id, grant.permissions, grant.limits, grant.expires_at)


def state_of(stored: ApiKey) -> KeyState:
    if stored.revoked_at is not None:
        return KeyState.REVOKED
    if stored.expires_at is not None and stored.expires_at <= clock.now():
        return KeyState.EXPIRED
    return KeyState.ACTIVE


async def note_import(session: AsyncSession, tenant_id: UUID) -> None:
    """From now on the tenant has objects of another server. Raises NotFound."""
    tenant = await session.get(Tenant, tenant_id)
    if tenant is None:
        raise NotFound("Tenant")
    tenant.imported_at = tenant.imported_at or clock.now()


async def list_keys(session: AsyncSession) -> Sequence[ApiKey]:
    """Every minted key, oldest first."""
    return (await session.scalars(select(ApiKey).where(ApiKey.minted).order_by(ApiKey.id))).all()


async def get(session: AsyncSession, key_id: UUID) -> ApiKey:
    """For its change: nobody else changes it before the end of the transaction."""
    stored = await session.get(ApiKey, key_id, with_for_update=True)
    if stored is None:
        raise NotFound("Key")
    return stored


async def revoke(session: AsyncSession, key_id: UUID) -> ApiKey:
    """Refuse a key from now on. Its tenant's objects stay."""
    stored = await get(session, key_id)
    if stored.revoked_at is None:
        stored.revoked_at = clock.now()
    return stored
