"""Threads and their messages."""

import openai
from checking import (
    answered,
    as_dict,
    begun,
    check,
    has,
    new_thread,
    raises,
    same,
    scene,
    second_generation_only,
    settled,
    takes,
)

NOUN = "Threads and messages"
ABSENT_ID = "thread_nobody"


def texts(messages):
    return [one.content[0].text.value for one in messages]


@check(NOUN, "POST /threads", "an empty one")
def create(client):
    thread = client.beta.threads.create()
    same("object and metadata", (thread.object, thread.metadata), ("thread", {}))
    same("its messages", list(client.beta.threads.messages.list(thread.id)), [])


@check(NOUN, "POST /threads", "with messages")
def create_with_messages(client):
    messages = [{"role": "user", "content": text} for text in ("One", "Two")]
    thread = client.beta.threads.create(messages=messages, metadata={"k": "v"})
    same("metadata", thread.metadata, {"k": "v"})
    messages = client.beta.threads.messages.list(thread.id, order="asc")
    same("its messages", texts(messages), ["One", "Two"])


@check(NOUN, "GET /threads/{id}", "one")
def retrieve(client):
    made = client.beta.threads.create(metadata={"k": "v"})
    same("the thread", client.beta.threads.retrieve(made.id), made)


@check(NOUN, "GET /threads/{id}", "unknown: 404")
def retrieve_unknown(client):
    text = f"No thread found with id '{ABSENT_ID}'."
    raises(openai.NotFoundError, text, client.beta.threads.retrieve, ABSENT_ID)


@check(NOUN, "POST /threads/{id}", "its metadata")
def update(client):
    made = client.beta.threads.create(metadata={"a": "1"})
    changed = client.beta.threads.update(made.id, metadata={"b": "2"})
    same("the thread", (changed.id, changed.metadata), (made.id, {"b": "2"}))


@check(NOUN, "DELETE /threads/{id}", "once")
def delete(client):
    made = new_thread(client)
    gone = client.beta.threads.delete(made)
    same("the deletion", (gone.id, gone.object, gone.deleted), (made, "thread.deleted", True))
    raises(openai.NotFoundError, made, client.beta.threads.messages.list, made)


@check(NOUN, "POST /threads/{id}/messages", "a text")
def create_message(client):
    thread = client.beta.threads.create().id
    made = client.beta.threads.messages.create(
        thread, role="user", content="Hello", metadata={"k": "v"}
    )
    facts = (made.object, made.thread_id, made.role, made.metadata, made.assistant_id, made.run_id)
    same("the facts", facts, ("thread.message", thread, "user", {"k": "v"}, None, None))
    wanted = [{"type": "text", "text": {"value": "Hello", "annotations": []}}]
    same("the content", [as_dict(part) for part in made.content], wanted)


@check(NOUN, "POST /threads/{id}/messages", "a text and a picture's address")
def create_message_of_parts(client):
    second_generation_only()
    picture = {"type": "image_url", "image_url": {"url": "https://a.example/b.png"}}
    made = client.beta.threads.messages.create(
        client.beta.threads.create().id,
        role="user",
        content=[{"type": "text", "text": "Hello"}, picture],
    )
    same("the text", made.content[0].text.value, "Hello")
    shown = {"url": "https://a.example/b.png", "detail": "auto"}
    same("the picture", as_dict(made.content[1])["image_url"], shown)
    facts = as_dict(made)
    same("status and attachments", (facts["status"], facts["attachments"]), ("completed", []))


@check(NOUN, "GET /threads/{id}/messages", "all, two a page")
def list_messages(client):
    thread = client.beta.threads.create().id
    numbers = [str(number) for number in range(5)]
    for text in numbers:
        client.beta.threads.messages.create(thread, role="user", content=text)
    listed = client.beta.threads.messages.list
    same("newest first", texts(listed(thread, limit=2)), numbers[::-1])
    same("oldest first", texts(listed(thread, limit=2, order="asc")), numbers)
    third = listed(thread, order="asc").data[2].id
    same("before the third", texts(listed(thread, before=third, order="asc").data), numbers[:2])


@check(NOUN, "GET /threads/{id}/messages", "those of a run")
def list_messages_of_run(client):
    listed = takes(client.beta.threads.messages.list, "run_id")
    run = answered(client, metadata=scene(reply="One"))
    settled(client, begun(client, run.thread_id, run.assistant_id, metadata=scene(reply="Two")))
    same("all", texts(listed(run.thread_id)), ["Two", "One", "Hello"])
    same("those of the first", texts(listed(run.thread_id, run_id=run.id)), ["One"])


@check(NOUN, "GET /threads/{id}/messages/{id}", "one")
def retrieve_message(client):
    thread = client.beta.threads.create().id
    made = client.beta.threads.messages.create(thread, role="user", content="Hello")
    got = client.beta.threads.messages.retrieve(made.id, thread_id=thread)
    same("the message", got, made)


@check(NOUN, "GET /threads/{id}/messages/{id}", "of another thread: 404")
def retrieve_message_elsewhere(client):
    made = client.beta.threads.messages.create(new_thread(client), role="user", content="Hello")
    text = f"No message found with id '{made.id}'."
    retrieve = client.beta.threads.messages.retrieve
    raises(openai.NotFoundError, text, retrieve, made.id, thread_id=new_thread(client))


@check(NOUN, "POST /threads/{id}/messages/{id}", "its metadata")
def update_message(client):
    thread = client.beta.threads.create().id
    made = client.beta.threads.messages.create(thread, role="user", content="Hello")
    changed = client.beta.threads.messages.update(made.id, thread_id=thread, metadata={"a": "1"})
    same("the message", (changed.id, changed.metadata), (made.id, {"a": "1"}))


@check(NOUN, "DELETE /threads/{id}/messages/{id}", "once")
def delete_message(client):
    delete = has(client.beta.threads.messages, "delete")
    thread = client.beta.threads.create().id
    made = client.beta.threads.messages.create(thread, role="user", content="Hello").id
    gone = delete(made, thread_id=thread)
    facts = (gone.id, gone.object, gone.deleted)
    same("the deletion", facts, (made, "thread.message.deleted", True))
    same("what is left", list(client.beta.threads.messages.list(thread)), [])
