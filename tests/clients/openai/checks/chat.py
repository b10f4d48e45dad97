"""Chat completions and models."""

import json

from checking import MODEL, WEATHER, as_dict, check, holds, same
from openai import NotFoundError

NOUN = "Chat completions and models"
CHAT = "POST /chat/completions"
HELLO = [{"role": "user", "content": "Hello"}]
QUESTION = [{"role": "user", "content": "What's the weather in Oslo?"}]


def create(client, messages, **settings):
    return client.chat.completions.create(model=MODEL, messages=messages, **settings)


def answer(client, messages, **settings):
    (choice,) = create(client, messages, **settings).choices
    return choice


@check(NOUN, CHAT, "whole")
def whole(client):
    completion = create(client, HELLO)
    same(
        "the object",
        (completion.object, completion.choices[0].finish_reason),
        ("chat.completion", "stop"),
    )
    message = completion.choices[0].message
    same("the role", message.role, "assistant")
    holds("something was said", message.content)
    usage = completion.usage
    same("usage", usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)


@check(NOUN, CHAT, "streamed: the pieces make up the whole answer")
def streamed(client):
    chunks = list(create(client, HELLO, stream=True))
    same("the object", {chunk.object for chunk in chunks}, {"chat.completion.chunk"})
    same("the first role", chunks[0].choices[0].delta.role, "assistant")
    same("the reason", chunks[-1].choices[0].finish_reason, "stop")
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks]
    same("the joined pieces", "".join(pieces), answer(client, HELLO).message.content)


@check(NOUN, CHAT, "a call and its output")
def called(client):
    choice = answer(client, QUESTION, tools=[WEATHER])
    same("the reason", choice.finish_reason, "tool_calls")
    (call,) = choice.message.tool_calls
    arguments = json.loads(call.function.arguments)
    same("the call", (call.function.name, arguments), ("get_weather", {"location": "Oslo"}))
    output = {"role": "tool", "tool_call_id": call.id, "content": "snow"}
    message = {key: value for key, value in as_dict(choice.message).items() if value is not None}
    after = answer(client, [*QUESTION, message, output], tools=[WEATHER])
    holds("the output is told", "snow" in after.message.content)


@check(NOUN, CHAT, "a call, streamed")
def called_streamed(client):
    chunks = list(create(client, QUESTION, tools=[WEATHER], stream=True))
    calls = [it for chunk in chunks for it in chunk.choices[0].delta.tool_calls or []]
    same(
        "the name, told once",
        [it.function.name for it in calls if it.function.name],
        ["get_weather"],
    )
    arguments = "".join(it.function.arguments or "" for it in calls)
    same("the place", json.loads(arguments), {"location": "Oslo"})
    same("the reason", chunks[-1].choices[0].finish_reason, "tool_calls")


@check(NOUN, "GET /models", "all, and one of them")
def models(client):
    listed = list(client.models.list())
    holds("there are some", listed)
    same("the first", client.models.retrieve(listed[0].id), listed[0])


@check(NOUN, "GET /models/{id}", "unknown: 404")
def unknown_model(client):
    try:
        client.models.retrieve("nobody-knows-it")
    except NotFoundError as raised:
        same("the code", raised.code, "model_not_found")
    else:
        holds("NotFoundError was raised", False)
