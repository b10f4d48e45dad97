"""`tool_resources`: what a client names or hands over, made into vector stores that are there."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app.db.base import JsonDict
from app.documents import store_files, stores
from app.documents.store_files import Attachment
from app.files import operations as files
from app.surfaces.openai.attaching import attaching
from app.surfaces.openai.faults import BadParameter
from app.surfaces.openai.ids import id_of
from app.surfaces.openai.public_ids import Prefix, public_id, uuid_of
from app.surfaces.openai.wire.limits import check_length
from app.surfaces.openai.wire.messages import MessageIn
from app.surfaces.openai.wire.vector_stores import StoreIn
from app.threads import operations as threads
from app.wiring import Resources

_DAYS = 7
"""How long the store lasts that a message's files are put into, from its last use on."""


def stores_of(resources: JsonDict | None) -> Sequence[UUID]:
    """The vector stores that kept resources name."""
    named = ((resources or {}).get("file_search") or {}).get("vector_store_ids") or ()
    return [found for text in named if (found := uuid_of(Prefix.VECTOR_STORE, text)) is not None]


async def resolved(server: Resources, tenant_id: UUID, given: Any) -> JsonDict | None:
    """Resources as they are kept: a store that is described is made, one that is named is there."""
    if given is None:
        return None
    search = given.get("file_search") or {}
    code = given.get("code_interpreter") or {}
    kept: JsonDict = {}
    if "code_interpreter" in given:
        ids = list(code.get("file_ids") or ())
        check_length("tool_resources.code_interpreter.file_ids", ids, most=20)
        await _check_files(server, tenant_id, ids)
        kept["code_interpreter"] = {"file_ids": ids}
    named = list(search.get("vector_store_ids") or ())
    described = list(search.get("vector_stores") or ())
    param = "tool_resources.file_search.vector_store_ids"
    check_length(param, [*named, *described], most=1)
    for text in named:
        async with server.read_scopes(tenant_id) as scope:
            await stores.get(scope, id_of("Vector store", text, param=param))
    named += [await _made(server, tenant_id, one) for one in described]
    if "file_search" in given:
        kept["file_search"] = {"vector_store_ids": named}
    return kept


async def attach_to_thread(
    server: Resources, tenant_id: UUID, thread_id: UUID, messages: Sequence[MessageIn]
) -> None:
    """Put the files of messages that are to be searched into the thread's own store."""
    wanted = [Attachment(file_id) for file_id in searched_files(messages)]
    if not wanted:
        return
    async with attaching(server, tenant_id, wanted) as (scope, copies):
        thread = await threads.get(scope, thread_id)
        resources = dict(thread.tool_resources or {})
        there = stores_of(resources)
        if there:
            store_id = there[0]
        else:
            store_id = (await stores.create(scope, expires_after_days=_DAYS)).id
            await scope.session.flush()
            named = [public_id(Prefix.VECTOR_STORE, store_id)]
            resources["file_search"] = {"vector_store_ids": named}
            thread.tool_resources = resources
        await store_files.attach(scope, store_id, wanted, copies)


async def check_attachments(
    server: Resources, tenant_id: UUID, messages: Sequence[MessageIn]
) -> None:
    """Raise NotFound for a file that is not there, before anything is stored."""
    ids = [one.file_id for message in messages for one in message.attachments or ()]
    await _check_files(server, tenant_id, ids)


def searched_files(messages: Sequence[MessageIn]) -> list[UUID]:
    return [
        id_of("File", one.file_id, param="attachments.file_id")
        for message in messages
        for one in message.attachments or ()
        if any(tool.get("type") == "file_search" for tool in one.tools)
    ]


async def _check_files(server: Resources, tenant_id: UUID, ids: Sequence[str]) -> None:
    wanted = [id_of("File", text, param="file_id") for text in ids]
    if wanted:
        async with server.read_scopes(tenant_id) as scope:
            await files.get_all(scope, wanted)


async def _made(server: Resources, tenant_id: UUID, described: Any) -> str:
    try:
        wanted = StoreIn.model_validate(described)
    except ValidationError as error:
        raise BadParameter(
            "Invalid 'tool_resources.file_search.vector_stores'.",
            param="tool_resources.file_search.vector_stores",
        ) from error
    attachments = wanted.attachments()
    async with attaching(server, tenant_id, attachments) as (scope, copies):
        store = await stores.create(scope, **wanted.given())
        await scope.session.flush()
        if attachments:
            await store_files.attach(scope, store.id, attachments, copies)
    return public_id(Prefix.VECTOR_STORE, store.id)
