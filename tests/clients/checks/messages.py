"""Messages: said through either method, whole and streamed, with each of their options.

`add_message` speaks to a thread; from 1.5.15 on it posts where `send_message` does.
"""

import json

import story
from checking import (
    CHECKS,
    VERSION,
    Check,
    Differs,
    assistant_with,
    calls,
    check,
    completed,
    ended,
    field_of,
    hear,
    holds,
    mentions,
    messages_of,
    new_thread,
    raises,
    same,
    weather_outputs,
)

NOUN = "Messages"
OF_A_THREAD = "POST /threads/{id}/messages"
OF_ANY = "POST /threads/messages"
MOVED = (1, 5, 15)
METHODS = ("add_message", "send_message")
FACT = "My name is Ada and I live in Bergen."
QUESTION = "Where do I live?"


class Conversation:
    """A thread and the method by which it is spoken to."""

    def __init__(self, client, method, thread_id):
        self.thread_id = thread_id
        self._client = client
        self._method = method

    async def say(self, content, **named):
        if self._method == "add_message":
            return await self._client.add_message(self.thread_id, content=content, **named)
        return await self._client.send_message(content, thread_id=self.thread_id, **named)

    async def messages(self):
        return (await self._client.get_thread(self.thread_id)).messages


def message_check(case, methods=METHODS):
    """Register a check of an option for each method, under the endpoint that it posts to."""

    def register(play):
        for method in methods:

            async def with_method(client, method=method):
                await play(client, method)

            name = f"{method}: {case}"
            here = OF_ANY if method == "send_message" or VERSION >= MOVED else OF_A_THREAD
            CHECKS.append(Check(NOUN, here, name, with_method))
            if method == "add_message":
                elsewhere = OF_A_THREAD if here == OF_ANY else OF_ANY
                CHECKS.append(Check(NOUN, elsewhere, name, None))
        return play

    return register


async def opened(client, method, *tools):
    return Conversation(client, method, await new_thread(client, *tools))


@message_check("whole")
async def whole(client, method):
    talk = await opened(client, method)
    reply = completed(await talk.say(story.GREETING), "space")
    answer = ("assistant", field_of(reply, "content"), "COMPLETED")
    question = ("user", story.GREETING, "COMPLETED")
    same("the thread", await messages_of(client, talk.thread_id), [question, answer])


@message_check("streamed")
async def streamed(client, method):
    talk = await opened(client, method)
    last = ended(await hear(await talk.say(story.REQUEST, stream=True)))
    mentions(last["content"], "robot")
    answer = ("assistant", last["content"], "COMPLETED")
    same(
        "the thread",
        await messages_of(client, talk.thread_id),
        [("user", story.REQUEST, "COMPLETED"), answer],
    )


@message_check("to an unknown thread: 404")
async def to_nowhere(client, method):
    talk = Conversation(client, method, story.NOWHERE)
    await raises(404, "BackboardNotFoundError", talk.say(story.GREETING))


@message_check("to an unknown thread, streamed: 404")
async def to_nowhere_streamed(client, method):
    talk = Conversation(client, method, story.NOWHERE)

    async def attempt():
        await hear(await talk.say(story.GREETING, stream=True))

    await raises(404, "BackboardNotFoundError", attempt())


@message_check("provider and model")
async def with_a_model(client, method):
    talk = await opened(client, method)
    chosen = {"llm_provider": "anthropic", "model_name": "claude-sonnet-4-5"}
    reply = completed(await talk.say(story.GREETING, **chosen), "space")
    if hasattr(reply, "messages") or hasattr(reply, "model_name"):  # the first versions drop it
        same("the model", field_of(reply, "model_name"), "claude-sonnet-4-5")


@message_check("a file", methods=METHODS[:1])
async def with_a_file(client, method):
    talk = await opened(client, method)
    reply = await talk.say("Who is the keeper of the lighthouse?", files=[story.ATTACHMENT])
    completed(reply, "Ingrid")
    attached = [one.attachments or [] for one in await talk.messages()]
    same("attachments", [[it.filename for it in one] for one in attached], [["lighthouse.txt"], []])


@message_check("a file, streamed", methods=METHODS[:1])
async def with_a_file_streamed(client, method):
    talk = await opened(client, method)
    question = {"content": "Who is the keeper of the lighthouse?", "files": [story.ATTACHMENT]}
    mentions(ended(await hear(await talk.say(**question, stream=True)))["content"], "Ingrid")


@message_check("json_output")
async def as_json(client, method):
    talk = await opened(client, method)
    reply = completed(await talk.say("Describe a robot as JSON.", json_output=True))
    holds("the content is a JSON object", isinstance(json.loads(field_of(reply, "content")), dict))


@message_check("thinking")
async def thinking(client, method):
    talk = await opened(client, method)
    reply = completed(await talk.say(story.GREETING, thinking={"effort": "high"}), "space")
    holds("there is reasoning", field_of(reply, "reasoning"))


@message_check("thinking, streamed")
async def thinking_streamed(client, method):
    talk = await opened(client, method)
    stream = await hear(await talk.say(story.GREETING, thinking={"effort": "high"}, stream=True))
    reasoning = ended(stream).get("reasoning")
    holds("there is reasoning", reasoning)
    same("the joined reasoning", stream.joined("reasoning_streaming"), reasoning)


@message_check("openrouter")
async def openrouter(client, method):
    talk = await opened(client, method)
    routed = {
        "llm_provider": "openrouter",
        "model_name": "anthropic/claude-sonnet-4-5",
        "openrouter": {"providers": ["together"], "allow_fallbacks": False},
    }
    reply = completed(await talk.say(story.GREETING, **routed), "space")
    chosen = field_of(reply, "model_provider"), field_of(reply, "model_name")
    same("the model", chosen, ("openrouter", "anthropic/claude-sonnet-4-5"))


@message_check("web_search")
async def web_search(client, method):
    talk = await opened(client, method)
    completed(await talk.say(story.GREETING, web_search="Auto"), "space")


@message_check("metadata")
async def metadata(client, method):
    talk = await opened(client, method)
    given = {"origin": "test", "number": 7, "nested": {"yes": True}}
    completed(await talk.say(story.GREETING, metadata=given), "space")
    question, _ = await talk.messages()
    same("what is kept", question.metadata_, given)


@message_check("send_to_llm=false")
async def stored_only(client, method):
    talk = await opened(client, method)
    reply = await talk.say(story.GREETING, send_to_llm="false")
    same("the content", field_of(reply, "content"), None)
    same(
        "the thread",
        await messages_of(client, talk.thread_id),
        [("user", story.GREETING, "COMPLETED")],
    )


@message_check("send_to_llm=false, streamed")
async def stored_only_streamed(client, method):
    talk = await opened(client, method)
    stream = await hear(await talk.say(story.GREETING, send_to_llm="false", stream=True))
    same("message_saved events", len(stream.of("message_saved")), 1)
    same("the last event", stream.last["type"], "run_ended")
    same(
        "the thread",
        await messages_of(client, talk.thread_id),
        [("user", story.GREETING, "COMPLETED")],
    )


async def _remembered(client, method, **mode):
    """A second thread of an assistant that has learnt the fact in its first."""
    ada = await assistant_with(client)
    first = Conversation(client, method, (await client.create_thread(ada)).thread_id)
    completed(await first.say(FACT, **mode))
    return Conversation(client, method, (await client.create_thread(ada)).thread_id)


def _recalls(memories):
    if not any("Bergen" in one["memory"] for one in memories or []):
        raise Differs(f"not recalled: {[one['memory'] for one in memories or []]}")


@message_check("memory: told in one thread, recalled in the next")
async def memory(client, method):
    second = await _remembered(client, method, memory="Auto")
    reply = completed(await second.say(QUESTION, memory="Readonly"), "Bergen")
    if hasattr(reply, "messages") or hasattr(reply, "retrieved_memories"):
        _recalls(field_of(reply, "retrieved_memories"))


@message_check("memory, streamed")
async def memory_streamed(client, method):
    second = await _remembered(client, method, memory="Auto")
    stream = await hear(await second.say(QUESTION, memory="Readonly", stream=True))
    mentions(ended(stream)["content"], "Bergen")
    same("memory_retrieved events", len(stream.of("memory_retrieved")), 1)
    _recalls(stream.of("memory_retrieved")[0]["memories"])


@message_check("memory_pro")
async def memory_pro(client, method):
    second = await _remembered(client, method, memory_pro="Auto")
    reply = completed(await second.say(QUESTION, memory_pro="Readonly"), "Bergen")
    _recalls(field_of(reply, "retrieved_memories"))


@message_check("memory_response_citation")
async def memory_citation(client, method):
    second = await _remembered(client, method, memory="Auto")
    settings = {"memory": "Readonly", "memory_response_citation": True}
    completed(await second.say(QUESTION, **settings), "Bergen")


@check(NOUN, OF_ANY, "send_message: without ids")
async def without_ids(client):
    reply = completed(await client.send_message(story.GREETING), "space")
    thread_id, assistant_id = field_of(reply, "thread_id"), field_of(reply, "assistant_id")
    same("length of the thread", len(await messages_of(client, thread_id)), 2)
    same(
        "its assistant", str((await client.get_assistant(assistant_id)).assistant_id), assistant_id
    )
    again = completed(await client.send_message("And again.", thread_id=thread_id))
    same("the thread", field_of(again, "thread_id"), thread_id)
    same("length of the thread", len(await messages_of(client, thread_id)), 4)


@check(NOUN, OF_ANY, "send_message: without ids, streamed")
async def without_ids_streamed(client):
    last = ended(await hear(await client.send_message(story.GREETING, stream=True)))
    same("length of the thread", len(await messages_of(client, last["thread_id"])), 2)


@check(NOUN, OF_ANY, "send_message: to an assistant")
async def to_an_assistant(client):
    made = await assistant_with(client)
    reply = completed(await client.send_message(story.GREETING, assistant_id=made), "space")
    same("the assistant", field_of(reply, "assistant_id"), str(made))
    threads = await client.list_threads_for_assistant(made)
    same("its threads", [str(one.thread_id) for one in threads], [field_of(reply, "thread_id")])


@check(NOUN, OF_ANY, "send_message: a system prompt for one turn")
async def with_a_prompt(client):
    made = await assistant_with(client, system_prompt=story.PROMPT)
    turn = {"assistant_id": made, "system_prompt": story.NEW_PROMPT}
    completed(await client.send_message(story.GREETING, **turn), "space")
    same("the assistant's own", (await client.get_assistant(made)).system_prompt, story.PROMPT)


@check(NOUN, OF_ANY, "send_message: tools for one turn")
async def with_tools(client):
    made = await assistant_with(client)
    turn = {"assistant_id": made, "tools": [story.WEATHER_TOOL]}
    paused = await client.send_message(story.QUESTION, **turn)
    same("status", field_of(paused, "status"), "REQUIRES_ACTION")
    thread_id, outputs = field_of(paused, "thread_id"), weather_outputs(calls(paused))
    completed(
        await client.submit_tool_outputs(thread_id, field_of(paused, "run_id"), outputs), "68°F"
    )
    completed(await client.send_message(story.QUESTION, thread_id=thread_id))
    same("the assistant's own", (await client.get_assistant(made)).tools or [], [])


@check(NOUN, OF_ANY, "send_message: no tools for one turn")
async def with_no_tools(client):
    thread_id = await new_thread(client, story.WEATHER_TOOL)
    completed(await client.send_message(story.QUESTION, thread_id=thread_id, tools=[]))
    paused = await client.send_message(story.QUESTION, thread_id=thread_id)
    same("status of the next turn", field_of(paused, "status"), "REQUIRES_ACTION")
