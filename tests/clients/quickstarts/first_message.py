"""The first message as the quickstart sends it, and its answer printed: URL KEY."""

import asyncio
import sys

from backboard import BackboardClient


async def main(url, key):
    client = BackboardClient(api_key=key, base_url=url)
    assistant = await client.create_assistant(
        name="My First Assistant", system_prompt="A helpful assistant"
    )
    thread = await client.create_thread(assistant.assistant_id)
    response = await client.add_message(
        thread_id=thread.thread_id,
        content="Hello! Tell me a fun fact about space.",
        llm_provider="openai",
        model_name="gpt-4o",
        stream=False,
    )
    print(response.content)


asyncio.run(main(*sys.argv[1:]))
