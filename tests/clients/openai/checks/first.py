"""What only the clients of 2023 have: `file_ids` and the tool `retrieval`."""

from checking import (
    COLOUR,
    MODEL,
    answer,
    as_dict,
    begun,
    check,
    cited,
    first_generation_only,
    new_assistant,
    new_thread,
    same,
    settled,
    upload,
)
from telling import lines, lines_of, raw

NOUN = "The first generation: assistants=v1"
RETRIEVAL = {"type": "retrieval"}


def retrieving(client, file):
    return new_assistant(client, RETRIEVAL, file_ids=[file])


@check(NOUN, "POST /assistants", "with retrieval and file_ids")
def create(client):
    first_generation_only()
    file = upload(client)
    made = client.beta.assistants.create(model=MODEL, tools=[RETRIEVAL], file_ids=[file])
    facts = as_dict(made)
    keys = {"id", "object", "created_at", "name", "description", "model", "instructions"}
    same("the keys", {*facts}, keys | {"tools", "file_ids", "metadata"})
    same("tools and files", (facts["tools"], facts["file_ids"]), ([RETRIEVAL], [file]))
    same("the same when read", client.beta.assistants.retrieve(made.id), made)


@check(NOUN, "POST /assistants/{id}", "other file_ids")
def update(client):
    first_generation_only()
    first, second = upload(client), upload(client, "other.txt")
    made = retrieving(client, first)
    changed = client.beta.assistants.update(made, file_ids=[second])
    same("file_ids", changed.file_ids, [second])
    same("what is kept", client.beta.assistants.retrieve(made).file_ids, [second])


@check(NOUN, "POST /threads/{id}/messages", "with file_ids")
def create_message(client):
    first_generation_only()
    file = upload(client)
    thread = new_thread(client)
    create = client.beta.threads.messages.create
    facts = as_dict(create(thread, role="user", content="Hello", file_ids=[file]))
    same("file_ids", facts["file_ids"], [file])
    same("without attachments", "attachments" in facts, False)
    facts = as_dict(create(thread, role="user", content="Hello"))
    same("file_ids", facts["file_ids"], [])


@check(NOUN, "POST /threads/{id}/runs", "an answer from the assistant's file")
def retrieved(client):
    first_generation_only()
    file = upload(client)
    thread = new_thread(client, COLOUR)
    run = settled(client, begun(client, thread, retrieving(client, file)))
    same("status", run.status, "completed")
    facts = as_dict(run)
    same("tools and files", (facts["tools"], facts["file_ids"]), ([RETRIEVAL], [file]))
    cited(client, answer(client, thread), file)
    written, searched = client.beta.threads.runs.steps.list(run.id, thread_id=thread).data
    (call,) = as_dict(searched)["step_details"]["tool_calls"]
    same("the call", {**call, "id": ""}, {"id": "", "type": "retrieval", "retrieval": {}})
    same("the step after", written.type, "message_creation")


@check(NOUN, "POST /threads/{id}/runs", "an answer from the message's file")
def retrieved_from_message(client):
    first_generation_only()
    file = upload(client)
    message = {"role": "user", "content": COLOUR, "file_ids": [file]}
    thread = client.beta.threads.create(messages=[message]).id
    run = settled(client, begun(client, thread, new_assistant(client, RETRIEVAL)))
    same("status", run.status, "completed")
    cited(client, answer(client, thread), file)


@check(NOUN, "POST /threads/{id}/runs", "an answer from a file, streamed")
def retrieved_in_stream(client):
    first_generation_only()
    file = upload(client)
    thread = new_thread(client, COLOUR)
    create = client.beta.threads.runs.create
    events = raw(create, thread_id=thread, assistant_id=retrieving(client, file))
    text = answer(client, thread)
    searched = lines("begun", "searched", search="retrieval", said=text.value)
    same("the events", lines_of(events), searched)
    cited(client, text, file)
