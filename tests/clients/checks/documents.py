"""Documents: uploaded, listed, indexed or failed, found, deleted."""

import story
from checking import (
    VERSION,
    assistant_with,
    check,
    completed,
    field_of,
    indexed,
    new_thread,
    raises,
    same,
    settled,
)

NOUN = "Documents"
OF_AN_ASSISTANT = "POST /assistants/{id}/documents"
OF_A_THREAD = "POST /threads/{id}/documents"
STATUS = "GET /documents/{id}/status"
KEEPER = "Who is the keeper of the lighthouse?"
# What a failed document is called: the word the older versions have for it, and the published one.
FAILED = "error" if VERSION >= (1, 5, 16) else "failed"


async def quoted(client, thread_id):
    """An answer in this thread quotes the document and names its file."""
    reply = completed(await client.add_message(thread_id, content=KEEPER), "Ingrid")
    if hasattr(reply, "messages") or hasattr(reply, "retrieved_files"):
        same("retrieved files", field_of(reply, "retrieved_files"), ["lighthouse.txt"])


@check(NOUN, OF_AN_ASSISTANT, "and an answer from it")
async def upload_to_assistant(client):
    made = await assistant_with(client)
    document = await client.upload_document_to_assistant(made, story.ATTACHMENT)
    same("the name", document.filename, "lighthouse.txt")
    await indexed(client, document)
    await quoted(client, (await client.create_thread(made)).thread_id)


@check(NOUN, OF_A_THREAD, "and an answer from it")
async def upload_to_thread(client):
    thread_id = await new_thread(client)
    document = await client.upload_document_to_thread(thread_id, story.ATTACHMENT)
    same("the name", document.filename, "lighthouse.txt")
    await indexed(client, document)
    await quoted(client, thread_id)


@check(NOUN, "GET /assistants/{id}/documents", "its own")
async def list_of_assistant(client):
    made = await assistant_with(client)
    same("before", await client.list_assistant_documents(made), [])
    document = await client.upload_document_to_assistant(made, story.ATTACHMENT)
    listed = await client.list_assistant_documents(made)
    same("after", [one.document_id for one in listed], [document.document_id])


@check(NOUN, "GET /threads/{id}/documents", "its own")
async def list_of_thread(client):
    thread_id = await new_thread(client)
    same("before", await client.list_thread_documents(thread_id), [])
    document = await client.upload_document_to_thread(thread_id, story.ATTACHMENT)
    listed = await client.list_thread_documents(thread_id)
    same("after", [one.document_id for one in listed], [document.document_id])


@check(NOUN, STATUS, "indexed")
async def status(client):
    thread_id = await new_thread(client)
    document = await client.upload_document_to_thread(thread_id, story.ATTACHMENT)
    got = await indexed(client, document)
    facts = got.filename, got.file_size_bytes, got.chunk_count, got.status_message
    same("facts", facts, ("lighthouse.txt", story.ATTACHMENT.stat().st_size, 1, None))


@check(NOUN, STATUS, "failed")
async def status_of_failure(client):
    thread_id = await new_thread(client)
    document = await client.upload_document_to_thread(thread_id, story.BROKEN)
    got = await settled(client, document)
    same("status", (got.status.value, bool(got.status_message)), (FAILED, True))


@check(NOUN, STATUS, "unknown: 404")
async def status_of_unknown(client):
    await raises(404, "BackboardNotFoundError", client.get_document_status(story.NOWHERE))


@check(NOUN, "DELETE /documents/{id}", "once")
async def delete(client):
    thread_id = await new_thread(client)
    document = await client.upload_document_to_thread(thread_id, story.ATTACHMENT)
    deleted = await client.delete_document(document.document_id)
    same("the id", deleted["document_id"], str(document.document_id))
    same("what is left", await client.list_thread_documents(thread_id), [])
    attempt = client.get_document_status(document.document_id)
    await raises(404, "BackboardNotFoundError", attempt)
