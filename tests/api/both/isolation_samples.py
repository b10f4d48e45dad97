"""What the test of isolation sends: a body for each route that takes one, with places for ids.

A text such as "{file}" stands for an id of that noun. A route that takes a body and is not here
fails the test, and so does a field that looks like an id and is in none of its route's bodies.
"""

from typing import Any, Final

Body = dict[str, Any]

_ATTACHED: Final = [{"file_id": "{file}", "tools": [{"type": "file_search"}]}]
_PLAIN_MESSAGE: Final = {"role": "user", "content": "Hi"}
_PICTURE: Final = {"type": "image_file", "image_file": {"file_id": "{picture}"}}
_IN_STORE: Final = {"file_search": {"vector_store_ids": ["{vector_store}"]}}
_IN_NEW_STORE: Final = {"file_search": {"vector_stores": [{"file_ids": ["{file}"]}]}}
_FOR_CODE: Final = {"code_interpreter": {"file_ids": ["{file}"]}}
_RESOURCES: Final = tuple({"tool_resources": one} for one in (_IN_STORE, _IN_NEW_STORE, _FOR_CODE))
_MESSAGES: Final = (
    {**_PLAIN_MESSAGE, "attachments": _ATTACHED},
    {"role": "user", "content": [_PICTURE]},
)
_OUTPUTS: Final = {"tool_outputs": [{"tool_call_id": "{call}", "output": "snow"}]}
_TEXT: Final = {"content": "Hi"}

BODIES: Final[dict[str, tuple[Body, ...]]] = {
    "POST /api/assistants": ({"name": "A"},),
    "PUT /api/assistants/{assistant_id}": ({"name": "Not yours"},),
    "POST /api/assistants/{assistant_id}/clone": ({"name": "A"},),
    "POST /api/assistants/{assistant_id}/memories": (_TEXT,),
    "POST /api/assistants/{assistant_id}/memories/search": ({"query": "Oslo"},),
    "PUT /api/assistants/{assistant_id}/memories/{memory_id}": (_TEXT,),
    "POST /api/threads/messages": (
        {**_TEXT, "thread_id": "{thread}"},
        {**_TEXT, "thread_id": "{thread}", "stream": True},
        {**_TEXT, "assistant_id": "{assistant}"},
    ),
    "POST /api/threads/{thread_id}/messages": (
        _TEXT,
        {**_TEXT, "stream": True},
        {**_TEXT, "send_to_llm": False},
        {**_TEXT, "memory": "Auto"},
        {"content": ""},
    ),
    "POST /api/threads/tool-outputs": ({**_OUTPUTS, "thread_id": "{paused_thread}"},),
    "POST /api/threads/{thread_id}/runs/{run_id}/submit-tool-outputs": (
        _OUTPUTS,
        {**_OUTPUTS, "stream": True},
    ),
    "POST /v1/assistants": tuple({"model": "gpt-4o", **one} for one in _RESOURCES),
    "POST /v1/assistants/{assistant_id}": ({"name": "Not yours"}, *_RESOURCES),
    "POST /v1/assistants/{assistant_id}/files": ({"file_id": "{file}"},),
    "POST /v1/threads": tuple({"messages": [one]} for one in _MESSAGES) + _RESOURCES,
    "POST /v1/threads/{thread_id}": ({"metadata": {"a": "b"}}, *_RESOURCES),
    "POST /v1/threads/{thread_id}/messages": (_PLAIN_MESSAGE, *_MESSAGES),
    "POST /v1/threads/{thread_id}/messages/{message_id}": ({"metadata": {"a": "b"}},),
    "POST /v1/threads/runs": (
        {"assistant_id": "{assistant}"},
        {"assistant_id": "{assistant}", "stream": True, "thread": {"messages": [_PLAIN_MESSAGE]}},
        *({"assistant_id": "{assistant}", **one} for one in _RESOURCES),
        *({"assistant_id": "{assistant}", "thread": one} for one in _RESOURCES),
        *({"assistant_id": "{assistant}", "thread": {"messages": [one]}} for one in _MESSAGES),
    ),
    "POST /v1/threads/{thread_id}/runs": (
        {"assistant_id": "{assistant}"},
        {"assistant_id": "{assistant}", "stream": True},
        *({"assistant_id": "{assistant}", "additional_messages": [one]} for one in _MESSAGES),
    ),
    "POST /v1/threads/{thread_id}/runs/{run_id}": ({"metadata": {"a": "b"}},),
    "POST /v1/threads/{thread_id}/runs/{run_id}/submit_tool_outputs": (
        _OUTPUTS,
        {**_OUTPUTS, "stream": True},
    ),
    "POST /v1/vector_stores": ({"file_ids": ["{file}"]},),
    "POST /v1/vector_stores/{vector_store_id}": ({"name": "Not yours"},),
    "POST /v1/vector_stores/{vector_store_id}/search": ({"query": "rye"},),
    "POST /v1/vector_stores/{vector_store_id}/files": ({"file_id": "{file}"},),
    "POST /v1/vector_stores/{vector_store_id}/files/{file_id}": ({"attributes": {"a": "b"}},),
    "POST /v1/vector_stores/{vector_store_id}/file_batches": (
        {"file_ids": ["{file}"]},
        {"files": [{"file_id": "{file}"}]},
    ),
    "POST /v1/embeddings": ({"model": "text-embedding-3-small", "input": "rye"},),
    "POST /v1/moderations": ({"input": "rye"},),
    # The ids of tool calls in it are the caller's own words; nothing is looked up by them.
    "POST /v1/chat/completions": (
        {
            "model": "gpt-4o",
            "messages": [
                _PLAIN_MESSAGE,
                {
                    "role": "assistant",
                    "tool_calls": [
                        {
                            "id": "c",
                            "type": "function",
                            "function": {"name": "f", "arguments": "{}"},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "c", "content": "x"},
            ],
        },
    ),
}

_OLD_FILES: Final = {"file_ids": ["{file}"]}
VERSION_1: Final[dict[str, tuple[Body, ...]]] = {
    "POST /v1/assistants": ({"model": "gpt-4o", **_OLD_FILES},),
    "POST /v1/assistants/{assistant_id}": (_OLD_FILES,),
    "POST /v1/threads": ({"messages": [{**_PLAIN_MESSAGE, **_OLD_FILES}]},),
    "POST /v1/threads/{thread_id}/messages": ({**_PLAIN_MESSAGE, **_OLD_FILES},),
    "POST /v1/threads/runs": (
        {"assistant_id": "{assistant}", "thread": {"messages": [{**_PLAIN_MESSAGE, **_OLD_FILES}]}},
    ),
}
"""Bodies in the words of version 1 besides."""

FORMS: Final = {
    "POST /api/assistants/{assistant_id}/documents",
    "POST /api/threads/{thread_id}/documents",
    "POST /v1/files",
}
"""Routes that take a file and a form."""

NOUN_OF: Final = {
    "assistant_id": "assistant",
    "batch_id": "batch",
    "document_id": "document",
    "file_id": "file",
    "memory_id": "memory",
    "message_id": "message",
    "operation_id": "operation",
    "run_id": "run",
    "step_id": "step",
    "thread_id": "thread",
    "vector_store_id": "vector_store",
}
"""What the ids in paths and queries are of."""

NO_IDS: Final = {
    *("model_name", "provider_name", "provider", "model", "model_type", "configured"),
    *("supports_tools", "supports_thinking", "supports_json_output"),
    *("min_context", "max_context", "min_dimensions", "max_dimensions"),
    *("page", "page_size", "skip", "limit", "order", "since", "until"),
    *("name", "include_messages", "include[]", "filter", "purpose", "stream"),
}
"""Parameters that name nothing a tenant owns."""

CURSORS: Final = {"after", "before"}
"""Parameters that are ids of what the route lists."""

LISTED: Final = {
    "assistants": "assistant",
    "files": "file",
    "messages": "message",
    "runs": "run",
    "steps": "step",
    "threads": "thread",
    "vector_stores": "vector_store",
}
