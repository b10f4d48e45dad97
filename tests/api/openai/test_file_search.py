"""Runs that search files: what they find, cite and tell as steps, in every telling."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from tests.support.deadlines import patience
from tests.support.sdk import scene, sdk
from tests.support.server import Server
from tests.support.steps import WEATHER

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LIGHTHOUSE = ("lighthouse.txt", b"The lighthouse of Skarvoy was painted cobalt blue in 1927.")
SECOND = ("keeper.txt", b"The keeper of the lighthouse lived in Skarvoy until 1950.")
BAKERY = ("bakery.md", b"The bakery sells rye bread and cinnamon buns every morning.")
QUESTION = "What colour was the lighthouse of Skarvoy painted?"
MARKER = "【4:0†lighthouse.txt】"
CONTENT: Any = "step_details.tool_calls[*].file_search.results[*].content"
SEARCH: Any = [{"type": "file_search"}]


@pytest.fixture
def client(server: Server) -> Iterator[OpenAI]:
    with sdk(server) as opened:
        yield opened


def uploaded(client: OpenAI, file: tuple[str, bytes]) -> str:
    return client.files.create(file=file, purpose="assistants").id


def filled_store(client: OpenAI, *files: tuple[str, bytes]) -> str:
    store = client.vector_stores.create()
    ids = [uploaded(client, file) for file in files]
    batch = client.vector_stores.file_batches.create_and_poll(store.id, file_ids=ids)
    assert batch.file_counts.completed == len(files)
    return store.id


def searching(client: OpenAI, store_id: str | None = None, tools: Any = SEARCH) -> str:
    resources: Any = {"file_search": {"vector_store_ids": [store_id]}} if store_id else None
    made = client.beta.assistants.create(model="gpt-4o", tools=tools, tool_resources=resources)
    return made.id


def question_thread(client: OpenAI, content: str = QUESTION, **fields: Any) -> str:
    message: Any = {"role": "user", "content": content, **fields}
    return client.beta.threads.create(messages=[message]).id


def answer(client: OpenAI, thread_id: str) -> Any:
    return client.beta.threads.messages.list(thread_id).data[0].content[0]


@pytest.mark.requirement("openai.file-search")
def test_an_answer_cites_the_file_and_the_step_tells_what_was_found(client: OpenAI) -> None:
    store_id = filled_store(client, LIGHTHOUSE, BAKERY)
    assistant_id, thread_id = searching(client, store_id), question_thread(client)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    assert run.status == "completed"

    text = answer(client, thread_id).text
    (citation,) = text.annotations
    assert citation.type == "file_citation"
    assert citation.text == MARKER == text.value[citation.start_index : citation.end_index]
    assert "cobalt blue" in text.value
    file = client.files.retrieve(citation.file_citation.file_id)
    assert file.filename == "lighthouse.txt"
    assert citation.file_citation.quote == LIGHTHOUSE[1].decode()

    written, searched = client.beta.threads.runs.steps.list(run.id, thread_id=thread_id).data
    assert (searched.type, written.type) == ("tool_calls", "message_creation")
    call: Any = searched.step_details.tool_calls[0]  # type: ignore[union-attr]
    assert call.type == "file_search"
    best = call.file_search.results[0]
    assert (best.file_id, best.file_name) == (file.id, "lighthouse.txt")
    assert 0 < best.score <= 1
    assert best.content is None
    with_content: Any = client.beta.threads.runs.steps.retrieve(
        searched.id, thread_id=thread_id, run_id=run.id, include=[CONTENT]
    )
    best = with_content.step_details.tool_calls[0].file_search.results[0]
    assert best.content[0].text == LIGHTHOUSE[1].decode()
    assert best.content[0].type == "text"


def test_a_stream_tells_the_search_before_the_message_and_the_citation_within(
    client: OpenAI,
) -> None:
    store_id = filled_store(client, LIGHTHOUSE)
    assistant_id, thread_id = searching(client, store_id), question_thread(client)
    with client.beta.threads.runs.stream(thread_id=thread_id, assistant_id=assistant_id) as stream:
        events = [event.event for event in stream]
        message = stream.get_final_messages()[0]
        steps = stream.get_final_run_steps()
    without_pieces = [event for event in events if event != "thread.message.delta"]
    assert without_pieces == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.step.delta",
        "thread.run.step.completed",
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.message.created",
        "thread.message.in_progress",
        "thread.message.completed",
        "thread.run.step.completed",
        "thread.run.completed",
    ]
    assert message.content == [answer(client, thread_id)]
    assert message.content[0].text.annotations  # type: ignore[union-attr]
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]


def test_the_pieces_of_a_stream_are_the_text_and_a_marker_is_one_with_its_annotation(
    client: OpenAI,
) -> None:
    """Programs add up the values of all pieces, so none may lack one."""
    store_id = filled_store(client, LIGHTHOUSE)
    words = f"It was blue {MARKER} and 【not】 red 【4:9†no.txt】 {MARKER}, they say 【4:"
    assistant_id, thread_id = searching(client, store_id), question_thread(client)
    with client.beta.threads.runs.stream(
        thread_id=thread_id, assistant_id=assistant_id, metadata=scene(reply=words)
    ) as stream:
        pieces: list[Any] = [
            event.data.delta.content[0].text  # type: ignore[index, union-attr]
            for event in stream
            if event.event == "thread.message.delta"
        ]
        message: Any = stream.get_final_messages()[0]
    assert "".join(piece.value for piece in pieces) == words
    cited = [piece for piece in pieces if piece.annotations]
    assert [piece.value for piece in cited] == [MARKER, MARKER]
    assert [[one.index for one in piece.annotations] for piece in cited] == [[0], [1]]
    assert message.content == [answer(client, thread_id)]
    assert len(message.content[0].text.annotations) == 2


def test_a_run_that_goes_on_after_calls_cites_in_its_stream(client: OpenAI) -> None:
    store_id = filled_store(client, LIGHTHOUSE)
    assistant_id = searching(client, store_id, [*SEARCH, WEATHER])
    call = {"name": "get_weather", "arguments": {"location": "Oslo"}}
    calling = scene(rounds=[{"tool_calls": [call]}, {"reply": f"Blue {MARKER}"}])
    thread_id = question_thread(client)
    with client.beta.threads.runs.stream(
        thread_id=thread_id, assistant_id=assistant_id, metadata=calling
    ) as stream:
        stream.until_done()
        run: Any = stream.current_run
    calls = run.required_action.submit_tool_outputs.tool_calls
    with client.beta.threads.runs.submit_tool_outputs_stream(
        run_id=run.id,
        thread_id=thread_id,
        tool_outputs=[{"tool_call_id": calls[0].id, "output": "snow"}],
    ) as stream:
        message: Any = stream.get_final_messages()[0]
    assert message.content == [answer(client, thread_id)]


@pytest.mark.parametrize("with_thread", [False, True])
def test_a_stream_tells_the_texts_that_were_found_to_who_asks(
    client: OpenAI, with_thread: bool
) -> None:
    store_id = filled_store(client, LIGHTHOUSE)
    assistant_id, thread_id = searching(client, store_id), question_thread(client)

    def contents_in_stream(include: list[str]) -> Any:
        begin: Any = client.beta.threads.runs.create
        place: Any = {"thread_id": thread_id}
        if with_thread:
            begin = client.beta.threads.create_and_run
            place = {"thread": {"messages": [{"role": "user", "content": QUESTION}]}}
        events = begin(
            assistant_id=assistant_id, stream=True, extra_query={"include": include}, **place
        )
        steps = [event.data for event in events if event.event == "thread.run.step.completed"]
        return steps[0].step_details.tool_calls[0].file_search.results[0].content

    assert contents_in_stream([]) is None
    assert contents_in_stream([CONTENT])[0].text == LIGHTHOUSE[1].decode()


@pytest.mark.requirement("openai.file-search")
def test_the_threads_store_is_searched_with_the_assistants(client: OpenAI) -> None:
    """A message's file goes into a store of the thread, which is made for it and lasts a week."""
    file_id = uploaded(client, LIGHTHOUSE)
    assistant_id = searching(client, filled_store(client, BAKERY))
    thread_id = question_thread(client, attachments=[{"file_id": file_id, "tools": SEARCH}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    assert run.status == "completed"
    (citation,) = answer(client, thread_id).text.annotations
    assert citation.file_citation.file_id == file_id

    thread = client.beta.threads.retrieve(thread_id)
    assert thread.tool_resources
    assert thread.tool_resources.file_search
    (store_id,) = thread.tool_resources.file_search.vector_store_ids or []
    store = client.vector_stores.retrieve(store_id)
    assert store.expires_after
    assert store.expires_after.days == 7
    assert store.file_counts.completed == 1

    second = uploaded(client, BAKERY)
    client.beta.threads.messages.create(
        thread_id,
        role="user",
        content="What does the bakery sell?",
        attachments=[{"file_id": second, "tools": SEARCH}],
    )
    client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=searching(client))
    assert "rye bread" in answer(client, thread_id).text.value
    assert client.vector_stores.retrieve(store_id).file_counts.total == 2


def test_a_store_that_is_described_is_made(client: OpenAI) -> None:
    file_id = uploaded(client, LIGHTHOUSE)
    described: Any = {"file_search": {"vector_stores": [{"file_ids": [file_id]}]}}
    made = client.beta.assistants.create(model="gpt-4o", tools=SEARCH, tool_resources=described)
    assert made.tool_resources
    assert made.tool_resources.file_search
    (store_id,) = made.tool_resources.file_search.vector_store_ids or []
    assert [file.id for file in client.vector_stores.files.list(store_id)] == [file_id]
    run = client.beta.threads.create_and_run_poll(
        assistant_id=made.id, thread={"messages": [{"role": "user", "content": QUESTION}]}
    )
    (citation,) = answer(client, run.thread_id).text.annotations
    assert citation.file_citation.file_id == file_id
    cleared = client.beta.assistants.update(
        made.id, tool_resources={"file_search": {"vector_store_ids": []}}
    )
    assert cleared.tool_resources
    assert cleared.tool_resources.file_search
    assert cleared.tool_resources.file_search.vector_store_ids == []


def test_stores_that_are_named_exclude_one_that_is_described(client: OpenAI) -> None:
    store_id = filled_store(client, LIGHTHOUSE)
    both: Any = {"file_search": {"vector_store_ids": [store_id], "vector_stores": [{}]}}
    with pytest.raises(openai.BadRequestError, match="excludes 'vector_stores'") as refused:
        client.beta.assistants.create(model="gpt-4o", tool_resources=both)
    assert refused.value.param == "tool_resources.file_search.vector_store_ids"


def test_what_is_found_is_limited_as_the_tool_says(client: OpenAI) -> None:
    store_id = filled_store(client, LIGHTHOUSE, SECOND)

    def files_found(**options: Any) -> list[str | None]:
        tools = [{"type": "file_search", "file_search": options}]
        assistant_id, thread_id = searching(client, store_id, tools), question_thread(client)
        run = client.beta.threads.runs.create_and_poll(
            thread_id=thread_id, assistant_id=assistant_id
        )
        steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread_id, order="asc")
        call: Any = steps.data[0].step_details.tool_calls[0]  # type: ignore[union-attr]
        return [result.file_name for result in call.file_search.results]

    assert set(files_found()) == {"lighthouse.txt", "keeper.txt"}
    assert files_found(max_num_results=1) == ["lighthouse.txt"]
    strict = {"ranker": "auto", "score_threshold": 0.999}
    assert files_found(ranking_options=strict) == []


def test_a_run_tells_which_resources_are_in_effect(client: OpenAI) -> None:
    store_id, other = filled_store(client, LIGHTHOUSE), filled_store(client, BAKERY)
    file_id = uploaded(client, SECOND)
    own: Any = {
        "file_search": {"vector_store_ids": [store_id]},
        "code_interpreter": {"file_ids": [file_id]},
    }
    assistant_id = client.beta.assistants.create(
        model="gpt-4o", tools=SEARCH, tool_resources=own
    ).id
    begin = client.beta.threads.create_and_run
    message: Any = {"messages": [{"role": "user", "content": QUESTION}]}
    instead: Any = {"file_search": {"vector_store_ids": [other]}}
    runs = [
        begin(assistant_id=assistant_id, thread=message),
        begin(assistant_id=assistant_id, thread=message, tool_resources=instead),
        begin(assistant_id=searching(client), thread=message),
    ]
    resources = [run.to_dict()["tool_resources"] for run in runs]
    assert resources == [own, {**own, **instead}, {}]
    headers = {"OpenAI-Beta": "assistants=v1"}
    begun: Any = begin(assistant_id=assistant_id, thread=message, extra_headers=headers)
    assert begun.file_ids == [file_id]


@pytest.mark.requirement("openai.file-search")
def test_a_run_without_the_tool_reads_no_store(client: OpenAI) -> None:
    store_id = filled_store(client, LIGHTHOUSE)
    assistant_id, thread_id = searching(client, store_id, tools=[]), question_thread(client)
    run = client.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    assert "cobalt" not in answer(client, thread_id).text.value
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread_id).data
    assert [step.type for step in steps] == ["message_creation"]


def test_a_store_that_is_not_there_is_refused(server: Server, client: OpenAI) -> None:
    with sdk(server) as stranger:
        foreign = filled_store(stranger, LIGHTHOUSE)
    for store_id in (foreign, "vs_000000000000000000000000"):
        with pytest.raises(openai.NotFoundError, match="No vector store found"):
            searching(client, store_id)
        with pytest.raises(openai.NotFoundError, match="No vector store found"):
            client.beta.threads.create(
                tool_resources={"file_search": {"vector_store_ids": [store_id]}}
            )
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        question_thread(
            client, attachments=[{"file_id": "file-000000000000000000000000", "tools": SEARCH}]
        )
    assert client.get("/threads", cast_to=httpx.Response).json()["data"] == []


def test_version_1_retrieves_what_version_2_searches(server: Server, client: OpenAI) -> None:
    file_id = uploaded(client, LIGHTHOUSE)
    older = httpx.Client(
        base_url=f"{client.base_url}",
        headers={"Authorization": f"Bearer {client.api_key}", "OpenAI-Beta": "assistants=v1"},
        timeout=patience(60),
    )
    with older as v1:
        made = v1.post(
            "assistants",
            json={"model": "gpt-4o", "tools": [{"type": "retrieval"}], "file_ids": [file_id]},
        ).json()
        assert made["tools"] == [{"type": "retrieval"}]
        assert made["file_ids"] == [file_id]
        message = {"role": "user", "content": QUESTION}
        body = {"assistant_id": made["id"], "thread": {"messages": [message]}, "stream": True}
        stream = v1.post("threads/runs", json=body).text
        assert '"retrieval": {}' in stream or '"retrieval":{}' in stream
        assert "file_search" not in stream
        assert "thread.run.completed" in stream
        (thread,) = v1.get("threads").json()["data"]
        (reply, _) = v1.get(f"threads/{thread['id']}/messages").json()["data"]
        (citation,) = reply["content"][0]["text"]["annotations"]
        assert citation["file_citation"] == {
            "file_id": file_id,
            "quote": LIGHTHOUSE[1].decode(),
        }


def test_files_are_attached_to_assistants_of_version_1_one_by_one(client: OpenAI) -> None:
    first, second = uploaded(client, LIGHTHOUSE), uploaded(client, BAKERY)
    older = httpx.Client(
        base_url=f"{client.base_url}",
        headers={"Authorization": f"Bearer {client.api_key}", "OpenAI-Beta": "assistants=v1"},
        timeout=patience(60),
    )
    with older as v1:
        made = v1.post(
            "assistants", json={"model": "gpt-4o", "tools": [{"type": "retrieval"}]}
        ).json()
        place = f"assistants/{made['id']}/files"
        attached = [v1.post(place, json={"file_id": one}).json() for one in (first, second, second)]
        assert [one["id"] for one in attached] == [first, second, second]
        assert attached[0] == {
            "id": first,
            "object": "assistant.file",
            "created_at": client.files.retrieve(first).created_at,
            "assistant_id": made["id"],
        }
        assert v1.get(f"{place}/{first}").json() == attached[0]
        page = v1.get(place, params={"limit": 1}).json()
        assert [one["id"] for one in page["data"]] == [second]
        assert page["has_more"] is True
        rest = v1.get(place, params={"limit": 1, "after": second}).json()
        assert [one["id"] for one in rest["data"]] == [first]
        assert v1.get(f"assistants/{made['id']}").json()["file_ids"] == [first, second]

        resources = client.beta.assistants.retrieve(made["id"]).tool_resources
        assert resources
        assert resources.file_search
        (store_id,) = resources.file_search.vector_store_ids or []
        assert {one.id for one in client.vector_stores.files.list(store_id)} == {first, second}

        gone = v1.delete(f"{place}/{first}").json()
        assert gone == {"id": first, "object": "assistant.file.deleted", "deleted": True}
        assert v1.delete(f"{place}/{first}").status_code == 404
        assert v1.get(f"{place}/{first}").status_code == 404
        assert {one.id for one in client.vector_stores.files.list(store_id)} == {second}
        assert client.files.retrieve(first).filename == "lighthouse.txt"

        missing = v1.post(place, json={"file_id": "file-000000000000000000000000"})
        assert missing.status_code == 404
        assert v1.post(place, json={}).status_code == 400
        nobody = v1.get("assistants/asst_000000000000000000000000/files")
        assert nobody.status_code == 404


def test_version_1_tells_the_files_of_a_message(client: OpenAI) -> None:
    file_id = uploaded(client, LIGHTHOUSE)
    older = httpx.Client(
        base_url=f"{client.base_url}",
        headers={"Authorization": f"Bearer {client.api_key}", "OpenAI-Beta": "assistants=v1"},
        timeout=patience(60),
    )
    with older as v1:
        thread = v1.post("threads", json={}).json()
        body = {"role": "user", "content": QUESTION, "file_ids": [file_id]}
        message = v1.post(f"threads/{thread['id']}/messages", json=body).json()
        assert message["file_ids"] == [file_id]
        place = f"threads/{thread['id']}/messages/{message['id']}/files"
        (attached,) = v1.get(place).json()["data"]
        assert attached == {
            "id": file_id,
            "object": "thread.message.file",
            "created_at": message["created_at"],
            "message_id": message["id"],
        }
        assert v1.get(f"{place}/{file_id}").json() == attached
        assert v1.get(f"{place}/file-000000000000000000000000").status_code == 404


@pytest.mark.parametrize(
    "resources",
    [
        {"file_search": "all of them"},
        {"file_search": {"vector_store_ids": "vs_1"}},
        {"file_search": {"vector_store_ids": [1]}},
        {"file_search": {"vector_stores": [{"file_ids": [{}]}]}},
        {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}},
        {"code_interpreter": {"file_ids": ["file-1"] * 21}},
        {"code_interpreter": []},
        "none",
    ],
)
def test_resources_of_another_shape_are_refused(client: OpenAI, resources: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.beta.assistants.create(model="gpt-4o", tool_resources=resources)
    assert "tool_resources" in str(refused.value.param)
    with pytest.raises(openai.BadRequestError):
        client.beta.threads.create(tool_resources=resources)
