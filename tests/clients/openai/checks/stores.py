"""Vector stores, their files and batches, wherever this generation keeps them."""

import openai
from checking import (
    COLOUR,
    LIGHTHOUSE,
    Absent,
    as_dict,
    check,
    has,
    holds,
    raises,
    same,
    takes,
    upload,
)

NOUN = "Vector stores"
STORE = "/vector_stores/{id}"
FILES = f"{STORE}/files"
BATCHES = f"{STORE}/file_batches"
NOWHERE = "vs_nobody"
BAKERY = "The bakery sells rye bread and cinnamon buns every morning."


def stores(client):
    """Under `beta` at first, on their own since 1.66."""
    for place in (client, client.beta):
        if hasattr(place, "vector_stores"):
            return place.vector_stores
    raise Absent


def filled(client):
    """A store with a file that has been read, and the file."""
    made = stores(client).create()
    file = upload(client)
    stored = stores(client).files.create_and_poll(vector_store_id=made.id, file_id=file)
    same("status", (stored.status, stored.last_error), ("completed", None))
    return made.id, file


@check(NOUN, "POST /vector_stores", "with a name, metadata and an end")
def create(client):
    made = stores(client).create(
        name="Coast",
        metadata={"a": "1"},
        expires_after={"anchor": "last_active_at", "days": 7},
    )
    facts = as_dict(made)
    wanted = {
        "object": "vector_store",
        "name": "Coast",
        "metadata": {"a": "1"},
        "status": "completed",
        "expires_after": {"anchor": "last_active_at", "days": 7},
        "expires_at": facts["last_active_at"] + 7 * 86_400,
    }
    same("the facts", {name: facts[name] for name in wanted}, wanted)
    same("what is kept", as_dict(stores(client).retrieve(made.id)), facts)


@check(NOUN, "POST /vector_stores", "with files")
def create_with_files(client):
    create = stores(client).create
    file = upload(client)
    made = create(file_ids=[file])
    stored = stores(client).files.poll(file, vector_store_id=made.id)
    same("status", stored.status, "completed")
    counts = as_dict(stores(client).retrieve(made.id))["file_counts"]
    wanted = {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1}
    same("the counts", counts, wanted)


@check(NOUN, f"GET {STORE}", "unknown: 404")
def retrieve_unknown(client):
    text = f"No vector store found with id '{NOWHERE}'."
    raises(openai.NotFoundError, text, stores(client).retrieve, NOWHERE)


@check(NOUN, f"POST {STORE}", "only what is sent changes")
def update(client):
    made = stores(client).create(name="Coast", metadata={"a": "1"})
    changed = stores(client).update(made.id, name="Shore")
    same("name and metadata", (changed.name, changed.metadata), ("Shore", {"a": "1"}))


@check(NOUN, "GET /vector_stores", "all, two a page")
def list_them(client):
    made = [stores(client).create(name=str(number)).id for number in range(5)]
    same("newest first", [one.id for one in stores(client).list(limit=2)], made[::-1])
    oldest = stores(client).list(limit=2, order="asc")
    same("oldest first", [one.id for one in oldest], made)


@check(NOUN, f"DELETE {STORE}", "once; its files stay")
def delete(client):
    store, file = filled(client)
    gone = stores(client).delete(store)
    facts = (gone.id, gone.object, gone.deleted)
    same("the deletion", facts, (store, "vector_store.deleted", True))
    raises(openai.NotFoundError, store, stores(client).retrieve, store)
    same("the file", client.files.retrieve(file).id, file)


@check(NOUN, f"POST {FILES}", "create_and_poll")
def create_file(client):
    store, file = filled(client)
    stored = stores(client).files.retrieve(file, vector_store_id=store)
    facts = as_dict(stored)
    wanted = {
        "id": file,
        "object": "vector_store.file",
        "vector_store_id": store,
        "status": "completed",
        "last_error": None,
        "usage_bytes": len(LIGHTHOUSE),
    }
    same("the facts", {name: facts[name] for name in wanted}, wanted)


@check(NOUN, f"POST {FILES}", "upload_and_poll")
def upload_file(client):
    made = stores(client).create()
    file = ("lighthouse.txt", LIGHTHOUSE.encode())
    stored = stores(client).files.upload_and_poll(vector_store_id=made.id, file=file)
    same("status", stored.status, "completed")
    same("its name", client.files.retrieve(stored.id).filename, "lighthouse.txt")


@check(NOUN, f"POST {FILES}", "what cannot be read: failed")
def create_unreadable(client):
    made = stores(client).create()
    file = upload(client, "broken.pdf", "no PDF")
    stored = stores(client).files.create_and_poll(vector_store_id=made.id, file_id=file)
    same("the end", (stored.status, stored.last_error.code), ("failed", "invalid_file"))


@check(NOUN, f"GET {FILES}", "all, one a page, and those that failed")
def list_files(client):
    store, first = filled(client)
    second = upload(client, "broken.pdf", "no PDF")
    stores(client).files.create_and_poll(vector_store_id=store, file_id=second)
    listed = stores(client).files.list
    same("all", [one.id for one in listed(store, limit=1)], [second, first])
    same("failed", [one.id for one in listed(store, filter="failed")], [second])


@check(NOUN, f"POST {FILES}/{{id}}", "its attributes")
def update_file(client):
    change = has(stores(client).files, "update")
    store, file = filled(client)
    changed = change(file, vector_store_id=store, attributes={"year": 1927})
    same("the attributes", changed.attributes, {"year": 1927})


@check(NOUN, f"GET {FILES}/{{id}}/content", "as it was read")
def file_content(client):
    content = has(stores(client).files, "content")
    store, file = filled(client)
    (part,) = content(file, vector_store_id=store)
    same("the text", (part.type, part.text), ("text", LIGHTHOUSE))


@check(NOUN, f"DELETE {FILES}/{{id}}", "once; the file stays")
def delete_file(client):
    store, file = filled(client)
    gone = stores(client).files.delete(file, vector_store_id=store)
    facts = (gone.id, gone.object, gone.deleted)
    same("the deletion", facts, (file, "vector_store.file.deleted", True))
    same("what is left", list(stores(client).files.list(store)), [])
    same("the file", client.files.retrieve(file).id, file)


@check(NOUN, f"POST {BATCHES}", "create_and_poll")
def create_batch(client):
    made = stores(client).create()
    files = [upload(client), upload(client, "bakery.txt", BAKERY)]
    batches = stores(client).file_batches
    batch = batches.create_and_poll(vector_store_id=made.id, file_ids=files)
    facts = (batch.object, batch.status, batch.file_counts.completed)
    same("the batch", facts, ("vector_store.files_batch", "completed", 2))
    listed = batches.list_files(batch.id, vector_store_id=made.id, limit=1)
    same("its files", sorted(one.id for one in listed), sorted(files))


@check(NOUN, f"POST {BATCHES}", "upload_and_poll")
def upload_batch(client):
    made = stores(client).create()
    files = [("lighthouse.txt", LIGHTHOUSE.encode()), ("bakery.txt", BAKERY.encode())]
    batch = stores(client).file_batches.upload_and_poll(vector_store_id=made.id, files=files)
    same("the end", (batch.status, batch.file_counts.completed), ("completed", 2))


@check(NOUN, f"POST {BATCHES}/{{id}}/cancel", "what is done stays done")
def cancel_batch(client):
    made = stores(client).create()
    batches = stores(client).file_batches
    batch = batches.create_and_poll(vector_store_id=made.id, file_ids=[upload(client)])
    batches.cancel(batch.id, vector_store_id=made.id)
    stored = batches.retrieve(batch.id, vector_store_id=made.id)
    same("the end", (stored.status, stored.file_counts.completed), ("completed", 1))


@check(NOUN, f"POST {STORE}/search", "the best first")
def search(client):
    find = has(stores(client), "search")
    store, file = filled(client)
    other = upload(client, "bakery.txt", BAKERY)
    stores(client).files.create_and_poll(vector_store_id=store, file_id=other)
    best = next(iter(find(store, query=COLOUR)))
    facts = (best.file_id, best.filename, best.content[0].text)
    same("the best", facts, (file, "lighthouse.txt", LIGHTHOUSE))
    holds("the score is a part of one", 0 < best.score <= 1)
    takes(find, "max_num_results")
    same("one at most", len(list(find(store, query=COLOUR, max_num_results=1))), 1)
