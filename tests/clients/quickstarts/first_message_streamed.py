"""The streamed first message of the quickstart, printed as it comes: URL KEY."""

import asyncio
import sys

from backboard import BackboardClient


async def main(url, key):
    client = BackboardClient(api_key=key, base_url=url)
    assistant = await client.create_assistant(
        name="My First Assistant", system_prompt="A helpful assistant"
    )
    thread = await client.create_thread(assistant.assistant_id)
    async for chunk in await client.add_message(
        thread_id=thread.thread_id,
        content="Tell me a short story about a robot learning to paint.",
        llm_provider="openai",
        model_name="gpt-4o",
        stream=True,
    ):
        if chunk["type"] == "content_streaming":
            print(chunk["content"], end="", flush=True)
        elif chunk["type"] == "message_complete":
            break


asyncio.run(main(*sys.argv[1:]))
