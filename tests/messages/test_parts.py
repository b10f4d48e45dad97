"""What a message says and what came with it, as values and as columns hold it."""

from typing import Any

from pegboard.assistants.tools import CustomTool, FileSearchTool
from pegboard.identifiers import new_id
from pegboard.messages import attachments, parts
from pegboard.messages.attachments import Attachment
from pegboard.messages.parts import FilePart, ImagePart, RefusalPart, TextPart
from pegboard.public_ids import Prefix, public_id

FILE = new_id()
FILE_ID = public_id(Prefix.FILE, FILE)


def test_parts_are_written_as_they_were_read() -> None:
    stored: Any = [
        {"type": "text", "text": "Look"},
        {"type": "text", "text": "there", "annotations": [{"type": "file_citation"}]},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.org/b.png"}},
        {
            "type": "image_file",
            "image_file": {"file_id": FILE_ID, "detail": "auto"},
            "file": str(FILE),
        },
        {"type": "refusal", "refusal": "No"},
    ]
    assert parts.from_json(stored) == (
        TextPart("Look"),
        TextPart("there", ({"type": "file_citation"},)),
        ImagePart("https://example.org/a.png", "low"),
        ImagePart("https://example.org/b.png"),
        FilePart(FILE, "auto"),
        RefusalPart("No"),
    )
    assert parts.to_json(parts.from_json(stored)) == stored
    foreign = {"type": "image_file", "image_file": {"file_id": "file-1"}}
    assert parts.from_json([foreign]) == ()


def test_attachments_are_written_as_they_were_read() -> None:
    stored: Any = [
        {"file_id": FILE_ID, "tools": [{"type": "file_search", "x": 1}, {"kind": "own"}]},
        {"file_id": FILE_ID, "tools": []},
    ]
    read = attachments.from_json(stored)
    assert read == (
        Attachment(FILE, (FileSearchTool(), CustomTool(""))),
        Attachment(FILE),
    )
    assert [one.is_searched for one in read] == [True, False]
    assert attachments.to_json(read) == stored
    assert attachments.from_json([{"file_id": "file-1"}]) == ()
