"""Files: kept as they were sent, listed, deleted."""

import openai
from checking import LIGHTHOUSE, as_dict, check, mentions, raises, same, takes, upload

NOUN = "Files"
NOWHERE = "file-nobody"


@check(NOUN, "POST /files", "a text")
def create(client):
    file = client.files.retrieve(upload(client))
    facts = as_dict(file)
    wanted = {
        "object": "file",
        "bytes": len(LIGHTHOUSE),
        "filename": "lighthouse.txt",
        "purpose": "assistants",
        "status": "processed",
    }
    same("the facts", {name: facts[name] for name in wanted}, wanted)
    same("when it is ready", client.files.wait_for_processing(file.id), file)


@check(NOUN, "POST /files", "for no known purpose: 400")
def create_for_nothing(client):
    file = ("lighthouse.txt", b"Hello")
    create = client.files.create
    refused = raises(
        openai.BadRequestError, "'bad' is not one of", create, file=file, purpose="bad"
    )
    same("the parameter", refused.param, "purpose")


@check(NOUN, "GET /files", "all, and those of a purpose")
def list_them(client):
    made = [upload(client, f"{number}.txt") for number in range(3)]
    same("newest first", [one.id for one in client.files.list()], made[::-1])
    same("of a purpose", [one.id for one in client.files.list(purpose="assistants")], made[::-1])
    same("of another", list(client.files.list(purpose="fine-tune")), [])


@check(NOUN, "GET /files", "all, two a page")
def list_by_page(client):
    listed = takes(client.files.list, "after", "limit")
    made = [upload(client, f"{number}.txt") for number in range(5)]
    same("newest first", [one.id for one in listed(limit=2)], made[::-1])


@check(NOUN, "GET /files/{id}", "unknown: 404")
def retrieve_unknown(client):
    text = f"No such File object: {NOWHERE}"
    refused = raises(openai.NotFoundError, text, client.files.retrieve, NOWHERE)
    same("the parameter", refused.param, "id")


@check(NOUN, "GET /files/{id}/content", "byte for byte")
def content(client):
    sent = bytes(range(256)) * 300
    file = client.files.create(file=("numbers.bin", sent), purpose="assistants").id
    same("the bytes", client.files.content(file).read() == sent, True)


@check(NOUN, "DELETE /files/{id}", "each while they are listed")
def delete(client):
    for number in range(3):
        upload(client, f"{number}.txt")
    for one in client.files.list():
        gone = client.files.delete(one.id)
        same("the deletion", (gone.id, gone.object, gone.deleted), (one.id, "file", True))
    same("what is left", list(client.files.list()), [])


@check(NOUN, "DELETE /files/{id}", "twice: 404")
def delete_twice(client):
    file = upload(client)
    client.files.delete(file)
    refused = raises(openai.NotFoundError, file, client.files.delete, file)
    mentions(str(refused), "No such File object")
