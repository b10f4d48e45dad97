"""What only the clients of 2023 have: the files of an assistant and of a message as resources."""

import openai
from checking import (
    check,
    first_generation_only,
    new_assistant,
    raises,
    same,
    upload,
)

NOUN = "The first generation: assistants=v1"
FILES = "/assistants/{id}/files"
RETRIEVAL = {"type": "retrieval"}


@check(NOUN, f"POST {FILES}", "attached, listed, detached")
def assistant_files(client):
    first_generation_only()
    file = upload(client)
    assistant = new_assistant(client, RETRIEVAL)
    files = client.beta.assistants.files
    made = files.create(assistant, file_id=file)
    facts = (made.id, made.object, made.assistant_id)
    same("the file", facts, (file, "assistant.file", assistant))
    same("one", files.retrieve(file, assistant_id=assistant), made)
    same("all", [one.id for one in files.list(assistant, limit=1)], [file])
    same("file_ids", client.beta.assistants.retrieve(assistant).file_ids, [file])
    gone = files.delete(file, assistant_id=assistant)
    facts = (gone.id, gone.object, gone.deleted)
    same("the deletion", facts, (file, "assistant.file.deleted", True))
    same("what is left", list(files.list(assistant)), [])
    same("the file itself", client.files.retrieve(file).id, file)


@check(NOUN, f"GET {FILES}/{{id}}", "unknown: 404")
def unknown_file(client):
    first_generation_only()
    retrieve = client.beta.assistants.files.retrieve
    named = {"assistant_id": new_assistant(client)}
    raises(openai.NotFoundError, "file-nobody", retrieve, "file-nobody", **named)


@check(NOUN, "GET /threads/{id}/messages/{id}/files", "those of a message")
def message_files(client):
    first_generation_only()
    file, thread = upload(client), client.beta.threads.create().id
    made = client.beta.threads.messages.create(
        thread, role="user", content="Hello", file_ids=[file]
    )
    same("file_ids", made.file_ids, [file])
    files = client.beta.threads.messages.files
    (listed,) = files.list(made.id, thread_id=thread)
    facts = (listed.id, listed.object, listed.message_id)
    same("the file", facts, (file, "thread.message.file", made.id))
    got = files.retrieve(file, thread_id=thread, message_id=made.id)
    same("one", got, listed)
