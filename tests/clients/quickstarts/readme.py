"""The quick start and the error handling of the SDK's README: URL KEY."""

import asyncio
import sys

from backboard import (
    BackboardAPIError,
    BackboardClient,
    BackboardNotFoundError,
    BackboardValidationError,
)


async def main(url, key):
    client = BackboardClient(api_key=key, base_url=url)
    assistant = await client.create_assistant(
        name="Support Bot",
        system_prompt="You are a helpful customer support assistant",
    )
    thread = await client.create_thread(assistant.assistant_id)
    response = await client.add_message(
        thread_id=thread.thread_id,
        content="Hello! Can you help me with my account?",
        llm_provider="openai",
        model_name="gpt-4o",
        stream=False,
    )
    print(response.content)
    async for event in await client.add_message(
        thread_id=thread.thread_id, content="Stream me a short response", stream=True
    ):
        if event.get("type") == "content_streaming":
            print(event.get("content", ""), end="", flush=True)
    try:
        await client.get_assistant("invalid_id")
    except BackboardNotFoundError:
        print("\nAssistant not found")
    except BackboardValidationError:
        print("\nValidation error")
    except BackboardAPIError:
        print("\nAPI error")


asyncio.run(main(*sys.argv[1:]))
