"""`tool_resources`: what a client names or describes, made into vector stores that are there."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from pegboard.api.openai.attaching import attaching
from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.public_ids import Prefix, public_id, uuid_of
from pegboard.api.openai.wire.limits import check_length
from pegboard.api.openai.wire.messages import MessageIn
from pegboard.api.openai.wire.tool_resources import ToolResourcesIn
from pegboard.api.openai.wire.vector_stores import StoreIn
from pegboard.composition.resources import Resources
from pegboard.db.base import JsonDict
from pegboard.documents import store_files, stores
from pegboard.documents.store_files import Attachment
from pegboard.files import operations as files
from pegboard.threads import operations as threads

MOST_FILES: Final = 20
_DAYS: Final = 7
"""How long the store lasts that a message's files are put into, from its last use on."""
_STORE_IDS: Final = "tool_resources.file_search.vector_store_ids"
_STORES: Final = "tool_resources.file_search.vector_stores"
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".webp")


def stores_of(resources: JsonDict | None) -> Sequence[UUID]:
    """The vector stores that kept resources name."""
    named = ((resources or {}).get("file_search") or {}).get("vector_store_ids") or ()
    return [
        store_id for text in named if (store_id := uuid_of(Prefix.VECTOR_STORE, text)) is not None
    ]


async def resolved(
    server: Resources, tenant_id: UUID, given: ToolResourcesIn | None
) -> JsonDict | None:
    """Resources as they are kept: a store that is described is made, one that is named is there."""
    if given is None:
        return None
    stored: JsonDict = {}
    if given.code_interpreter is not None:
        ids = given.code_interpreter.file_ids or []
        check_length("tool_resources.code_interpreter.file_ids", ids, most=MOST_FILES)
        await _check_files(server, tenant_id, ids)
        stored["code_interpreter"] = {"file_ids": ids}
    if given.file_search is not None:
        named = list(given.file_search.vector_store_ids or ())
        described = given.file_search.vector_stores or []
        if named and described:
            raise BadParameter(
                f"Invalid '{_STORE_IDS}': it excludes 'vector_stores'. Name a vector store that is "
                "there, or describe one that is to be made.",
                param=_STORE_IDS,
            )
        check_length(_STORE_IDS, named, most=1)
        check_length(_STORES, described, most=1)
        async with server.read_scopes(tenant_id) as scope:
            for text in named:
                await stores.get(scope, id_of("Vector store", text, param=_STORE_IDS))
        named += [await _made(server, tenant_id, one) for one in described]
        stored["file_search"] = {"vector_store_ids": named}
    return stored


async def attach_to_thread(
    server: Resources, tenant_id: UUID, thread_id: UUID, messages: Sequence[MessageIn]
) -> None:
    """Put the files of messages that are to be searched into the thread's own store."""
    wanted = [Attachment(file_id) for file_id in searched_files(messages)]
    if not wanted:
        return
    async with attaching(server, tenant_id, wanted) as (scope, copies):
        thread = await threads.get(scope, thread_id)
        there = stores_of(thread.tool_resources)
        if there:
            store_id = there[0]
        else:
            store_id = (await stores.create(scope, expires_after_days=_DAYS)).id
            thread.tool_resources = with_store(thread.tool_resources, store_id)
        await store_files.attach(scope, store_id, wanted, copies)


def with_store(resources: JsonDict | None, store_id: UUID) -> JsonDict:
    """Resources in which this store is the one to search."""
    named = [public_id(Prefix.VECTOR_STORE, store_id)]
    return {**(resources or {}), "file_search": {"vector_store_ids": named}}


async def check_attachments(
    server: Resources, tenant_id: UUID, messages: Sequence[MessageIn]
) -> None:
    """See that every file of messages is there, and every picture one, before they are stored."""
    ids = [one.file_id for message in messages for one in message.attachments or ()]
    await _check_files(server, tenant_id, ids)
    pictures = [file_id for message in messages for file_id in message.picture_files()]
    wanted = [id_of("File", text, param="image_file.file_id") for text in pictures]
    if not wanted:
        return
    async with server.read_scopes(tenant_id) as scope:
        for file in await files.get_all(scope, wanted):
            if not file.filename.lower().endswith(_PICTURES):
                raise BadParameter(
                    f"Invalid image file '{public_id(Prefix.FILE, file.id)}'. Supported formats "
                    f"are: {', '.join(_PICTURES)}.",
                    param="content",
                    code="unsupported_file",
                )


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


async def _made(server: Resources, tenant_id: UUID, described: StoreIn) -> str:
    attachments = described.attachments()
    async with attaching(server, tenant_id, attachments) as (scope, copies):
        store = await stores.create(scope, **described.given())
        if attachments:
            await store_files.attach(scope, store.id, attachments, copies)
    return public_id(Prefix.VECTOR_STORE, store.id)
