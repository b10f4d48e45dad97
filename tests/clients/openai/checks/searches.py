"""Answers from files: searched by the run, cited in the answer, told as a step."""

from checking import (
    COLOUR,
    LIGHTHOUSE,
    answer,
    as_dict,
    begun,
    check,
    cited,
    has,
    new_assistant,
    new_thread,
    same,
    second_generation_only,
    settled,
    takes,
    upload,
)
from checks.stores import filled
from checks.streams import helper
from telling import lines, lines_of, raw

NOUN = "Answers from files"
RUNS = "POST /threads/{id}/runs"
SEARCH = {"type": "file_search"}
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


def searching(client, store):
    second_generation_only()
    resources = {"file_search": {"vector_store_ids": [store]}}
    return new_assistant(client, SEARCH, tool_resources=resources)


@check(NOUN, RUNS, "from the assistant's store")
def polled(client):
    store, file = filled(client)
    thread = new_thread(client, COLOUR)
    run = settled(client, begun(client, thread, searching(client, store)))
    same("status", run.status, "completed")
    cited(client, answer(client, thread), file)


@check(NOUN, RUNS, "from a store that is made with the assistant")
def polled_from_described(client):
    second_generation_only()
    file = upload(client)
    resources = {"file_search": {"vector_stores": [{"file_ids": [file]}]}}
    assistant = new_assistant(client, SEARCH, tool_resources=resources)
    thread = new_thread(client, COLOUR)
    same("status", settled(client, begun(client, thread, assistant)).status, "completed")
    cited(client, answer(client, thread), file)


@check(NOUN, RUNS, "from a message's attachment")
def polled_from_attachment(client):
    takes(client.beta.threads.messages.create, "attachments")
    file = upload(client)
    attached = {"file_id": file, "tools": [SEARCH]}
    message = {"role": "user", "content": COLOUR, "attachments": [attached]}
    thread = client.beta.threads.create(messages=[message]).id
    same("attachments", attachments(client, thread), [attached])
    run = settled(client, begun(client, thread, new_assistant(client, SEARCH)))
    same("status", run.status, "completed")
    cited(client, answer(client, thread), file)


def attachments(client, thread):
    (message,) = client.beta.threads.messages.list(thread_id=thread).data
    return as_dict(message)["attachments"]


@check(NOUN, "GET /threads/{id}/runs/{id}/steps", "what was found, and its text where it is asked")
def steps(client):
    listed = takes(client.beta.threads.runs.steps.list, "include")
    store, file = filled(client)
    thread = new_thread(client, COLOUR)
    run = settled(client, begun(client, thread, searching(client, store)))
    _, searched = listed(run.id, thread_id=thread).data
    best = as_dict(searched)["step_details"]["tool_calls"][0]["file_search"]["results"][0]
    same("the best", (best["file_id"], best["file_name"]), (file, "lighthouse.txt"))
    same("its text", best.get("content"), None)
    _, searched = listed(run.id, thread_id=thread, include=[CONTENT]).data
    best = as_dict(searched)["step_details"]["tool_calls"][0]["file_search"]["results"][0]
    same("its text", best["content"], [{"type": "text", "text": LIGHTHOUSE}])


@check(NOUN, RUNS, "streamed: every event in order")
def streamed(client):
    store, file = filled(client)
    thread = new_thread(client, COLOUR)
    create = client.beta.threads.runs.create
    events = raw(create, thread_id=thread, assistant_id=searching(client, store))
    text = answer(client, thread)
    searched = lines("begun", "searched", search="file_search", said=text.value)
    same("the events", lines_of(events), searched)
    cited(client, text, file)


@check(NOUN, RUNS, "streamed: the helper's text and marks are what is kept")
def accumulated(client):
    has(client.beta.threads.runs, "stream")
    store, file = filled(client)
    thread = new_thread(client, COLOUR)
    with helper(client)(thread_id=thread, assistant_id=searching(client, store)) as stream:
        (message,) = stream.get_final_messages()
    (part,) = message.content
    text = answer(client, thread)
    same("the text", part.text.value, text.value)
    marks = [(one.text, one.start_index, one.end_index) for one in part.text.annotations]
    same("the marks", marks, [(it.text, it.start_index, it.end_index) for it in text.annotations])
    cited(client, part.text, file)
