"""Request → Scope, and when its transaction ends."""

from collections.abc import AsyncIterator
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request

from pegboard.composition.resources import Resources
from pegboard.tenants.callers import Caller
from pegboard.tenants.scope import Scope


def resources_of(request: Request) -> Resources:
    return cast(Resources, request.state.resources)


async def _current_tenant(request: Request) -> UUID:
    # Not a plain function: FastAPI would run it in a thread.
    return tenant_of(request)


async def _current_caller(request: Request) -> Caller:
    return cast(Caller, request.state.caller)


async def _server(request: Request) -> Resources:
    return resources_of(request)


def tenant_of(request: Request) -> UUID:
    """The tenant that the API has recognised."""
    return cast(UUID, request.state.tenant_id)


async def _reading(request: Request) -> AsyncIterator[Scope]:
    async with resources_of(request).read_scopes(tenant_of(request)) as scope:
        yield scope


async def _writing(request: Request) -> AsyncIterator[Scope]:
    async with resources_of(request).scopes(tenant_of(request)) as scope:
        yield scope


# "function" closes the scope before the response leaves. The default would commit after the client
# has already been told that it worked.
Reading = Annotated[Scope, Depends(_reading, scope="function")]
Writing = Annotated[Scope, Depends(_writing, scope="function")]
CurrentCaller = Annotated[Caller, Depends(_current_caller)]
CurrentTenant = Annotated[UUID, Depends(_current_tenant)]
Server = Annotated[Resources, Depends(_server)]
