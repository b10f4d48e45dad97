"""What the Python drivers have in common: the words of the story, and how it is told.

A driver plays chapters against a server and prints one JSON object per step. Each chapter has a
key, and so a tenant, of its own. One that breaks says so as its last step; the others go on.
"""

import json
import traceback
from pathlib import Path

WORDS = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
PROMPT = WORDS["prompt"]
NEW_PROMPT = WORDS["new_prompt"]
GREETING = WORDS["greeting"]
# With line separators of Unicode: an event that holds one raw is cut in two by the Python clients.
REQUEST = WORDS["request"]
QUESTION = WORDS["question"]
SUMMARY = WORDS["summary"]
ATTACHMENT = Path(__file__).with_name(WORDS["attachment"])
BROKEN = Path(__file__).with_name(WORDS["broken"])
NOWHERE = WORDS["nowhere"]
WEATHER_TOOL = WORDS["weather_tool"]
# Valid JSON schema that some published client cannot parse unless the echo is put right for it.
AWKWARD_TOOL = WORDS["awkward_tool"]
BARE_TOOL = WORDS["bare_tool"]


class Reporter:
    """The steps of one chapter."""

    def __init__(self, chapter):
        self.chapter = chapter

    def __call__(self, step, **facts):
        line = {"chapter": self.chapter, "step": step, **facts}
        print(json.dumps(line, default=str), flush=True)

    def broken(self):
        self("broken", traceback=traceback.format_exc().splitlines())


class StreamSummary:
    """A stream as one fact: the kinds of events in their order, what was said, how it ended."""

    def __init__(self):
        self.kinds = []
        self.text = ""
        self.last = {}

    def add(self, event):
        if event["type"] not in self.kinds[-1:]:
            self.kinds.append(event["type"])
        if event["type"] == "content_streaming":
            self.text += event["content"]
        self.last = event

    def facts(self):
        ending = {name: self.last.get(name) for name in ("type", "run_id", "status", "content")}
        return {"kinds": self.kinds, "said": self.text, "ending": ending}


def weather_outputs(calls):
    """Outputs for (id, arguments) pairs, as the quickstart makes them."""
    return [
        {"tool_call_id": call_id, "output": json.dumps({**WORDS["weather"], **arguments})}
        for call_id, arguments in calls
    ]


def assistant_facts(assistant):
    facts = {
        "assistant_id": assistant.assistant_id,
        "name": assistant.name,
        "description": assistant.description,
        "tools": [tool_facts(tool.function) for tool in assistant.tools or []],
    }
    if hasattr(assistant, "system_prompt"):
        facts["system_prompt"] = assistant.system_prompt
    return facts


def tool_facts(function):
    properties = {
        name: {key: value for key, value in vars(schema).items() if value is not None}
        for name, schema in function.parameters.properties.items()
    }
    return {"name": function.name, "description": function.description, "properties": properties}


def reply_facts(reply):
    calls = [(call.function.name, arguments_of(call)) for call in reply.tool_calls or []]
    return {
        "run_id": reply.run_id,
        "status": reply.status,
        "content": reply.content,
        "tool_calls": calls,
    }


def arguments_of(call):
    return call.function.parsed_arguments


def streamed_calls(event):
    """The (id, arguments) pairs of a `tool_submit_required` event."""
    calls = [(call["id"], call["function"]["arguments"]) for call in event["tool_calls"]]
    return [(call_id, json.loads(arguments)) for call_id, arguments in calls]


def thread_facts(thread):
    messages = [(one.role.value, one.content, one.status) for one in thread.messages]
    return {"thread_id": thread.thread_id, "messages": messages}


def attachment_facts(attachment):
    return {key: attachment[key] for key in ("filename", "status", "file_size_bytes")}


def error_facts(error):
    return {"raised": type(error).__name__, "status": error.status_code}
