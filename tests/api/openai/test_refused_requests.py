"""A refused run or message leaves nothing behind, an accepted one all that it was to do."""

from collections.abc import Iterator
from typing import Any, Final

import openai
import pytest
from openai import OpenAI

from tests.support.sdk import sdk
from tests.support.server import Server
from tests.support.steps import WEATHER

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

_SEARCH: Final[Any] = [{"type": "file_search"}]
_NO_FILE: Final = "file-000000000000000000000000"


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


def uploaded(client: OpenAI, name: str = "notes.txt") -> str:
    return client.files.create(
        file=(name, b"The lighthouse of Skarvoy was painted cobalt blue in 1927."),
        purpose="assistants",
    ).id


def with_file(file_id: str, content: Any = "Read this") -> Any:
    return {
        "role": "user",
        "content": content,
        "attachments": [{"file_id": file_id, "tools": _SEARCH}],
    }


def assistant(client: OpenAI, **fields: Any) -> str:
    return client.beta.assistants.create(**{"model": "gpt-4o", **fields}).id


def left_behind(client: OpenAI, thread_id: str) -> tuple[int, int, dict[str, Any]]:
    """The tenant's vector stores, the thread's messages, and what the thread's tools work on."""
    thread = client.beta.threads.retrieve(thread_id).to_dict()
    return (
        len(client.vector_stores.list().data),
        len(client.beta.threads.messages.list(thread_id).data),
        dict(thread["tool_resources"]),  # type: ignore[call-overload]
    )


def nothing(messages: int = 0) -> tuple[int, int, dict[str, Any]]:
    return 0, messages, {}


def test_a_run_beside_an_active_one_leaves_no_file_and_no_message(client: OpenAI) -> None:
    assistant_id = assistant(client, tools=[WEATHER])
    thread_id = client.beta.threads.create(
        messages=[{"role": "user", "content": "What's the weather in Oslo?"}]
    ).id
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    assert run.status == "requires_action"
    with pytest.raises(openai.BadRequestError, match="already has an active run"):
        client.beta.threads.runs.create(
            thread_id, assistant_id=assistant_id, additional_messages=[with_file(uploaded(client))]
        )
    assert left_behind(client, thread_id) == nothing(messages=1)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"tools": [{"type": "code_interpreter"}]}, "cannot run code"),
        ({"model": "no such model!"}, "model"),
        ({"response_format": {"type": "verse"}}, "response_format"),
        ({"assistant_id": "asst_000000000000000000000000"}, "No assistant"),
    ],
    ids=["tool", "model", "format", "assistant"],
)
def test_a_run_that_cannot_be_leaves_no_file_and_no_message(
    client: OpenAI, wanted: Any, error: str
) -> None:
    thread_id = client.beta.threads.create().id
    given = {"assistant_id": assistant(client), **wanted}
    with pytest.raises(openai.APIStatusError, match=error):
        client.beta.threads.runs.create(
            thread_id, additional_messages=[with_file(uploaded(client))], **given
        )
    assert left_behind(client, thread_id) == nothing()


def test_a_thread_whose_first_run_is_refused_is_not_there(client: OpenAI) -> None:
    described: Any = {"file_search": {"vector_stores": [{"file_ids": [uploaded(client)]}]}}
    with pytest.raises(openai.BadRequestError, match="cannot run code"):
        client.beta.threads.create_and_run(
            assistant_id=assistant(client, tools=[{"type": "code_interpreter"}]),
            thread={"messages": [with_file(uploaded(client))], "tool_resources": described},
            tool_resources=described,
        )
    assert client.vector_stores.list().data == []
    assert client.get("/threads", cast_to=object)["data"] == []  # type: ignore[index]


@pytest.mark.parametrize("content", ["Read this", [{"type": "text", "text": "Read this"}]])
def test_a_message_with_a_file_that_is_not_there_leaves_nothing(
    client: OpenAI, content: Any
) -> None:
    thread_id = client.beta.threads.create().id
    message = with_file(uploaded(client), content)
    message["attachments"].append({"file_id": _NO_FILE, "tools": []})
    with pytest.raises(openai.NotFoundError, match=_NO_FILE):
        client.beta.threads.messages.create(thread_id, **message)
    assert left_behind(client, thread_id) == nothing()


def test_a_message_with_a_picture_that_is_none_leaves_nothing(client: OpenAI) -> None:
    thread_id, file_id = client.beta.threads.create().id, uploaded(client)
    picture = [{"type": "image_file", "image_file": {"file_id": file_id}}]
    with pytest.raises(openai.BadRequestError, match="Supported formats") as refused:
        client.beta.threads.messages.create(thread_id, **with_file(file_id, picture))
    assert (refused.value.code, refused.value.param) == ("unsupported_file", "content")
    assert left_behind(client, thread_id) == nothing()


def test_a_thread_with_a_message_that_cannot_be_is_not_there(client: OpenAI) -> None:
    described: Any = {"file_search": {"vector_stores": [{"file_ids": [uploaded(client)]}]}}
    with pytest.raises(openai.NotFoundError, match=_NO_FILE):
        client.beta.threads.create(messages=[with_file(_NO_FILE)], tool_resources=described)
    assert client.vector_stores.list().data == []
    assert client.get("/threads", cast_to=object)["data"] == []  # type: ignore[index]


def test_an_assistant_that_cannot_be_made_makes_no_store(client: OpenAI) -> None:
    described: Any = {
        "file_search": {"vector_stores": [{"file_ids": [uploaded(client)]}]},
        "code_interpreter": {"file_ids": [_NO_FILE]},
    }
    with pytest.raises(openai.NotFoundError, match=_NO_FILE):
        assistant(client, tool_resources=described)
    assert client.vector_stores.list().data == []


def test_one_file_goes_into_each_store_that_a_run_describes(client: OpenAI) -> None:
    file_id = uploaded(client)
    described: Any = {"file_search": {"vector_stores": [{"file_ids": [file_id]}]}}
    run = client.beta.threads.create_and_run(
        assistant_id=assistant(client, tools=_SEARCH),
        thread={"messages": [with_file(file_id)], "tool_resources": described},
        tool_resources=described,
    )
    stores = client.vector_stores.list().data
    thread = client.beta.threads.retrieve(run.thread_id).to_dict()["tool_resources"]
    of_thread, of_run = (
        resources["file_search"]["vector_store_ids"]  # type: ignore[index]
        for resources in (thread, run.to_dict()["tool_resources"])
    )
    assert sorted([*of_thread, *of_run]) == sorted(store.id for store in stores)
    for store in stores:
        assert [file.id for file in client.vector_stores.files.list(store.id)] == [file_id]
