"""Whatever one client sends, the others are answered in the meantime."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import httpx
import pytest

from pegboard.identifiers import new_id
from tests.support.deadlines import patience
from tests.support.server import Server
from tests.support.stalls import Stalls, own_speed, watched
from tests.support.steps import new_thread, script

MIB: Final = 1024 * 1024
JSON: Final = {"Content-Type": "application/json"}
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}

_SECONDS: Final = 0.05
_OWN_SPEED: Final = 0.0055
"""What `own_speed` is where the bound was measured; a slower machine may take as much longer."""

_SAFETY: Final = 2.0
"""A neighbour on the same processor takes its cache as well."""

_TRIES: Final = 3


@dataclass
class Place:
    """A tenant with one of everything."""

    api: httpx.Client
    v1: httpx.Client
    assistant_id: str = ""
    thread_id: str = ""
    openai_assistant: str = ""
    openai_thread: str = ""
    store: str = ""

    def say(self, **fields: Any) -> httpx.Response:
        return self.api.post(f"/threads/{new_thread(self.api)}/messages", json=fields)

    def use(self, parameters: Any, content: str = "get code please") -> httpx.Response:
        """Have the sandbox call a tool with such parameters."""
        return self.say(content=content, tools=[tool(parameters)])

    def complete(self, content: Any = "hi", **fields: Any) -> httpx.Response:
        messages = [{"role": "user", "content": content}]
        return self.v1.post(
            "/chat/completions", json={"model": "gpt-4o", "messages": messages, **fields}
        )

    def assistant(self, body: bytes) -> httpx.Response:
        return self.api.post("/assistants", content=body, headers=JSON)

    def openai(self, body: bytes) -> httpx.Response:
        return self.v1.post("/assistants", content=body, headers=JSON)


Attempt: TypeAlias = Callable[[Place], httpx.Response]


def tool(parameters: Any, name: str = "get_code") -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": name, "description": "Get a code.", "parameters": parameters},
    }


def coded(pattern: str, **more: Any) -> dict[str, Any]:
    code = {"type": "string", "pattern": pattern, **more}
    return {"type": "object", "properties": {"code": code}, "required": ["code"]}


def one(schema: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"it": schema}, "required": ["it"], **more}


def answer_format(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "it", "schema": schema}}


def doubled(keyword: str) -> dict[str, Any]:
    """A schema that stands for 2^40 others."""
    definitions: dict[str, Any] = {
        "d0": {"type": "object", "properties": {"x": {"type": "string"}}}
    }
    for level in range(1, 40):
        part = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {keyword: [part, part]}
    return {**one({"$ref": "#/$defs/d39"}), "$defs": definitions}


def branching() -> dict[str, Any]:
    definitions: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, 20):
        part = {"$ref": f"#/$defs/d{level - 1}"}
        keys = [f"k{n}" for n in range(20)]
        definitions[f"d{level}"] = {
            "type": "object",
            "properties": dict.fromkeys(keys, part),
            "required": keys,
        }
    return {**one({"$ref": "#/$defs/d19"}), "$defs": definitions}


def deep(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = one(schema)
    return schema


def of(size: int, piece: str) -> str:
    return (piece * (size // len(piece) + 1))[:size]


TOOLS: Final = json.dumps([tool({}, f"f{n}") for n in range(60_000)]).encode()
KEYS: Final = b",".join(b'"k%d":%d' % (n, n) for n in range(500_000))
ALTERNATIVES: Final = "(a|.)" * 50 + "!"

HOSTILE: Final[dict[str, Attempt]] = {
    # The table of what once stopped a server.
    "pattern of alternatives": lambda p: p.use(coded(ALTERNATIVES), "get code " + "a" * 60),
    "the same at v1": lambda p: p.complete(
        "a" * 60, response_format=answer_format(coded(ALTERNATIVES))
    ),
    "450,000 tools that are numbers": lambda p: p.assistant(
        b'{"name":"A","tools":[' + b"0," * 450_000 + b"0]}"
    ),
    "the same in 9 MB": lambda p: p.assistant(
        b'{"name":"A","tools":[' + b"0," * 4_500_000 + b"0]}"
    ),
    "the same at v1, in 9 MB": lambda p: p.openai(
        b'{"model":"gpt-4o","tools":[' + b"0," * 4_500_000 + b"0]}"
    ),
    "60,000 valid tools": lambda p: p.assistant(b'{"name":"A","tools":' + TOOLS + b"}"),
    "60,000 valid tools at v1": lambda p: p.openai(b'{"model":"gpt-4o","tools":' + TOOLS + b"}"),
    "500,000 keys of metadata": lambda p: p.api.post(
        f"/threads/{p.thread_id}/messages",
        content=b'{"content":"x","metadata":{' + KEYS + b"}}",
        headers=JSON,
    ),
    "a scripted reply of 3.8 MB": lambda p: p.say(
        content="x", metadata=script(reply=of(3_800_000, "word "))
    ),
    "the same streamed": lambda p: p.say(
        content="x", stream=True, metadata=script(reply=of(3_800_000, "word "))
    ),
    "a query of 5 MB": lambda p: p.api.post(
        f"/assistants/{p.assistant_id}/memories/search", json={"query": of(5 * MIB, "word ")}
    ),
    "a query of 5 MB at v1": lambda p: p.v1.post(
        f"/vector_stores/{p.store}/search", json={"query": of(5 * MIB, "word ")}
    ),
    # JSON
    "40,000 numbers": lambda p: p.assistant(b'{"name":"A","x":[' + b"0," * 40_000 + b"0]}"),
    "40,000 tools that are numbers": lambda p: p.assistant(
        b'{"name":"A","tools":[' + b"0," * 40_000 + b"0]}"
    ),
    "40,000 messages that are numbers": lambda p: p.v1.post(
        "/chat/completions",
        content=b'{"model":"gpt-4o","messages":[' + b"0," * 40_000 + b"0]}",
        headers=JSON,
    ),
    "40,000 texts of a query that are numbers": lambda p: p.v1.post(
        f"/vector_stores/{p.store}/search",
        content=b'{"query":[' + b"0," * 40_000 + b"0]}",
        headers=JSON,
    ),
    "40,000 ids of files that are numbers": lambda p: p.v1.post(
        "/vector_stores", content=b'{"file_ids":[' + b"0," * 40_000 + b"0]}", headers=JSON
    ),
    "long integers": lambda p: p.assistant(
        b'{"name":"A","x":[' + b"9" * 4_000 + (b"," + b"9" * 4_000) * 2_500 + b"]}"
    ),
    "10 MB of escapes": lambda p: p.assistant(b'{"name":"A","x":"' + b"x\\n" * 3_400_000 + b'"}'),
    "10 MB of escaped quotes": lambda p: p.assistant(
        b'{"name":"A","x":"' + b'\\",' * 3_400_000 + b'"}'
    ),
    "10 MB of escaped letters": lambda p: p.assistant(
        b'{"name":"A","x":"' + b"\\u00e9" * 1_700_000 + b'"}'
    ),
    "10 MB of blanks": lambda p: p.assistant(b" " * (10 * MIB - 20) + b'{"name":"A"}'),
    "ten megabytes of one text": lambda p: p.assistant(
        b'{"name":"A","x":"' + b"x" * (10 * MIB - 40) + b'"}'
    ),
    "nested a hundred thousand times": lambda p: p.assistant(
        b'{"name":"A","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    ),
    "25,000 empty objects": lambda p: p.assistant(b'{"name":"A","x":[' + b"{}," * 24_000 + b"{}]}"),
    "metadata that is large": lambda p: p.say(
        content="x", send_to_llm=False, metadata={"x": of(5 * MIB, "word\n")}
    ),
    "metadata of many values": lambda p: p.say(
        content="x", send_to_llm=False, metadata={"x": list(range(45_000))}
    ),
    "metadata at v1": lambda p: p.v1.post(
        "/threads", json={"metadata": {f"k{n}": "v" for n in range(40_000)}}
    ),
    "metadata of a memory": lambda p: p.api.post(
        f"/assistants/{p.assistant_id}/memories",
        json={"content": "x", "metadata": {f"k{n}": "v" for n in range(40_000)}},
    ),
    "a picture of 7 MB": lambda p: p.complete(
        [
            {"type": "text", "text": "What is this?"},
            {
                "type": "image_url",
                "image_url": {"url": "data:image/png;base64," + "QUJD" * 1_800_000},
            },
        ]
    ),
    # Forms
    "a form of a million fields": lambda p: p.api.post(
        f"/threads/{p.thread_id}/messages", content=b"a=b&" * 1_000_000, headers=FORM
    ),
    "a form of four megabytes": lambda p: p.api.post(
        f"/threads/{p.thread_id}/messages",
        content=b"send_to_llm=false&content=" + b"%41" * 1_300_000,
        headers=FORM,
    ),
    "tools in a field of a form": lambda p: p.api.post(
        f"/threads/{p.thread_id}/messages",
        data={"content": "x", "tools": "[" + "0," * 450_000 + "0]"},
    ),
    "metadata in a field of a form": lambda p: p.api.post(
        f"/threads/{p.thread_id}/messages",
        files={"metadata": (None, '{"x":"' + "x\\n" * 1_000_000 + '"}'), "content": (None, "x")},
    ),
    "ten megabytes of metadata in a field of a form": lambda p: p.api.post(
        f"/threads/{p.thread_id}/messages",
        files={"metadata": (None, '{"x":"' + "x\\n" * 3_300_000 + '"}'), "content": (None, "x")},
    ),
    "parts of a form that are almost boundaries": lambda p: p.v1.post(
        "/files",
        content=b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        + b"\r\n--" * 2_000_000
        + b'\r\n--X\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nassistants'
        + b"\r\n--X--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=X"},
    ),
    "a form that is sent with a key": lambda p: p.v1.post(
        "/files",
        content=b'--\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        + b"-" * 8_000_000,
        headers={
            "Content-Type": "multipart/form-data; boundary=-",
            "Idempotency-Key": new_id().hex,
        },
    ),
    "headers of a part of a form": lambda p: p.v1.post(
        "/files",
        content=b'--X\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
        + b"a:b\r\n" * 1_000_000
        + b"\r\nx\r\n--X--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=X"},
    ),
    # Schemas and patterns
    "pattern of nested counts": lambda p: p.use(coded("((a{1000}){1000}){1000}")),
    "pattern of quantifiers": lambda p: p.use(coded("(a*)*" * 60 + "b"), "get code " + "a" * 80),
    "pattern with a reference": lambda p: p.use(coded(r"(a+)\1+$" * 20), "get code " + "a" * 80),
    "pattern of a megabyte": lambda p: p.use(coded("a|" * 400_000)),
    "pattern of classes": lambda p: p.use(coded(r"[\w\W]{500}" * 25)),
    "pattern of unicode": lambda p: p.use(coded(r"(?:\p{L}{1,900}){3}")),
    "allOf 2^40": lambda p: p.use(doubled("allOf")),
    "anyOf 2^40": lambda p: p.use(doubled("anyOf")),
    "properties 20^20": lambda p: p.use(branching()),
    "the same at v1, as an answer": lambda p: p.complete(
        response_format=answer_format(branching())
    ),
    "a reference to itself": lambda p: p.use(
        {**one({"$ref": "#/$defs/a"}), "$defs": {"a": {"$ref": "#/$defs/a"}}}
    ),
    "a billion items": lambda p: p.use(one({"type": "array", "minItems": 10**9})),
    "items of items of items": lambda p: p.use(
        one(
            {
                "type": "array",
                "minItems": 100,
                "items": {
                    "type": "array",
                    "minItems": 100,
                    "items": {"type": "array", "minItems": 100, "items": {"type": "string"}},
                },
            }
        )
    ),
    "a billion characters": lambda p: p.use(one({"type": "string", "minLength": 10**9})),
    "different items": lambda p: p.use(
        one(
            {
                "type": "array",
                "minItems": 10**6,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 90_000},
            }
        )
    ),
    "a step of 1e-300": lambda p: p.use(
        one({"type": "number", "minimum": 1e300, "multipleOf": 1e-300})
    ),
    "a step of a thousand digits": lambda p: p.use(
        one({"type": "integer", "minimum": 10**1000, "multipleOf": 10**999 + 1})
    ),
    "40,000 options": lambda p: p.use(
        one({"enum": [f"option {n}" for n in range(40_000)]}), "get code option 39999"
    ),
    "10,000 properties": lambda p: p.use(
        {
            "type": "object",
            "properties": {f"p{n}": {"type": "string"} for n in range(10_000)},
            "required": [f"p{n}" for n in range(10_000)],
        }
    ),
    "a name of a property of 500 KB": lambda p: p.use(
        {"type": "object", "properties": {of(500_000, "aB_"): {"type": "string"}}}
    ),
    "a description of 900 KB": lambda p: p.use(
        one({"type": "string", "description": of(900_000, "a list of words, ")})
    ),
    "a schema nested ninety times": lambda p: p.use(deep(30)),
    "500 tools": lambda p: p.say(
        content="get code 7 and code 8 and then code 9, " * 40,
        tools=[tool(coded("^[a-z]+$"), f"get_code_{n}") for n in range(500)],
    ),
    # Texts
    "ten megabytes to keep": lambda p: p.say(
        content=of(10 * MIB - 100, "word "), send_to_llm=False
    ),
    "a megabyte to answer": lambda p: p.say(content=of(MIB, "Is this a word? ")),
    "three megabytes to complete": lambda p: p.complete(of(3 * MIB, "Is this a word? ")),
    "4,000 messages to complete": lambda p: p.v1.post(
        "/chat/completions",
        json={
            "model": "gpt-4o",
            "messages": [{"role": "user", "content": f"My name is A{n}. "} for n in range(4_000)]
            + [{"role": "user", "content": "What is my name?"}],
        },
    ),
    "instructions of 9 MB": lambda p: p.say(content="x", system_prompt=of(9 * MIB, "word ")),
    "a memory of 256 KB": lambda p: p.api.post(
        f"/assistants/{p.assistant_id}/memories", json={"content": of(256_000, "I like tea. ")}
    ),
    "a query of quotes": lambda p: p.api.post(
        f"/assistants/{p.assistant_id}/memories/search", json={"query": of(30_000, "\"'&|!:*() ")}
    ),
    "a query about me": lambda p: p.api.post(
        f"/assistants/{p.assistant_id}/memories/search", json={"query": of(30_000, "know ")}
    ),
    "filters": lambda p: p.v1.post(
        f"/vector_stores/{p.store}/search",
        json={
            "query": "x",
            "filters": {
                "type": "and",
                "filters": [{"type": "eq", "key": "a", "value": n} for n in range(10_000)],
            },
        },
    ),
    "outputs that are many": lambda p: p.api.post(
        "/threads/tool-outputs",
        json={
            "thread_id": p.thread_id,
            "tool_outputs": [{"tool_call_id": "a", "output": "x"} for _ in range(10_000)],
        },
    ),
    "an output of two megabytes": lambda p: answered(p, {"x": of(2 * MIB, "word, ")}),
    "an output of many values": lambda p: answered(p, list(range(45_000))),
    "calls with large arguments": lambda p: p.say(
        content="x",
        tools=[tool({})],
        metadata=script(
            tool_calls=[{"name": "get_code", "arguments": {"x": of(200_000, "word ")}}]
        ),
    ),
    "many scripted calls": lambda p: p.say(
        content="x",
        tools=[tool({})],
        metadata=script(tool_calls=[{"name": "get_code"} for _ in range(10_000)]),
    ),
    "a long output to complete": lambda p: p.v1.post(
        "/chat/completions",
        json={
            "model": "gpt-4o",
            "messages": [
                {"role": "user", "content": "get code"},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "c", "content": "[" + "0," * 4_000_000 + "0]"},
            ],
        },
    ),
    # Answers
    "a thread of a hundred large messages": lambda p: p.api.get(f"/threads/{p.thread_id}"),
    "a hundred assistants with large tools": lambda p: p.v1.get(
        "/assistants", params={"limit": 100}
    ),
    "all threads": lambda p: p.api.get("/threads"),
    "all messages at v1": lambda p: p.v1.get(
        f"/threads/{p.openai_thread}/messages", params={"limit": 100}
    ),
    "the same for an older client": lambda p: p.v1.get(
        f"/threads/{p.openai_thread}/messages",
        params={"limit": 100},
        headers={"OpenAI-Beta": "assistants=v1"},
    ),
    "all assistants": lambda p: p.api.get("/assistants"),
    "all memories": lambda p: p.api.get(f"/assistants/{p.assistant_id}/memories"),
    "a run on a long thread": lambda p: p.v1.post(
        f"/threads/{p.openai_thread}/runs",
        json={"assistant_id": p.openai_assistant, "stream": True},
    ),
}
for _name, _piece in {
    "blanks": " ",
    "digits": "1",
    "sums": "1+(",
    "parentheses": "(",
    "capitals": "A",
    "names": "Aa and ",
    "know": "know ",
    "I am": "I am ",
    "sentences": "I like a. ",
}.items():
    HOSTILE[f"{_name} to answer"] = lambda p, piece=_piece: p.use(  # type: ignore[misc]
        one({"type": "string"}), f"get code {of(200_000, piece)}"
    )
    HOSTILE[f"{_name} to learn from"] = lambda p, piece=_piece: p.say(  # type: ignore[misc]
        content=f"I like {of(200_000, piece)}", memory="Auto"
    )


def answered(p: Place, output: Any) -> httpx.Response:
    thread_id = new_thread(p.api, tools=[tool({})])
    paused = p.api.post(
        f"/threads/{thread_id}/messages", json={"content": "get code please"}
    ).json()
    outputs = [{"tool_call_id": one["id"], "output": output} for one in paused["tool_calls"]]
    return p.api.post(
        f"/threads/{thread_id}/runs/{paused['run_id']}/submit-tool-outputs",
        json={"tool_outputs": outputs},
    )


@pytest.fixture(scope="module")
def place(server: Server) -> Iterator[Place]:
    key = f"key-{new_id().hex}"
    v1 = httpx.Client(
        base_url=f"{server.url}/v1",
        headers={"Authorization": f"Bearer {key}"},
        timeout=patience(120),
    )
    with server.client(key) as api, v1:
        api.timeout = httpx.Timeout(120)
        yield furnished(Place(api, v1))


def furnished(p: Place) -> Place:
    p.thread_id = new_thread(p.api)
    p.assistant_id = p.api.get(f"/threads/{p.thread_id}").json()["assistant_id"]
    p.openai_assistant = p.v1.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
    messages = [{"role": "user", "content": of(250_000, f"word {n} ")} for n in range(30)]
    p.openai_thread = p.v1.post("/threads", json={"messages": messages}).json()["id"]
    p.api.post(f"/assistants/{p.assistant_id}/memories", json={"content": "I like tea."})
    large = [tool(one({"enum": list(range(2_000))}), f"f{n}") for n in range(20)]
    for _ in range(40):
        assert p.v1.post("/assistants", json={"model": "m", "tools": large}).status_code == 200
    p.store = p.v1.post("/vector_stores", json={}).json()["id"]
    for n in range(30):
        body = {"content": of(250_000, f"word {n} "), "send_to_llm": False}
        assert p.api.post(f"/threads/{p.thread_id}/messages", json=body).status_code == 200
    return p


@pytest.fixture(scope="module")
def stalls(server: Server, place: Place) -> Iterator[Stalls]:
    with watched(server) as watching:
        yield watching


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.requirement("operating.event-loop")
def test_nothing_that_is_asked_for_keeps_others_waiting(
    name: str, place: Place, stalls: Stalls
) -> None:
    """What really takes long does so each time; of tries that were disturbed the best counts."""
    bound = _SECONDS * _SAFETY * max(1.0, own_speed() / _OWN_SPEED)
    stalled: list[float] = []
    while len(stalled) < _TRIES and min(stalled, default=bound) >= bound:
        stalls.longest()
        response = HOSTILE[name](place)
        stalled.append(stalls.longest())
        assert response.status_code in {200, 201, 400, 404, 413, 422}, response.text[:500]
    assert min(stalled) < bound
