"""The streamed tool call of the quickstart: URL KEY.

The outputs are submitted while the first stream is still open, and that stream is then abandoned.
"""

import asyncio
import json
import sys

from backboard import BackboardClient
from weather import TOOLS


async def main(url, key):
    client = BackboardClient(api_key=key, base_url=url)
    assistant = await client.create_assistant(
        name="Weather Assistant",
        system_prompt="You are a helpful weather assistant",
        tools=TOOLS,
    )
    thread = await client.create_thread(assistant.assistant_id)
    async for chunk in await client.add_message(
        thread_id=thread.thread_id,
        content="What's the weather in San Francisco?",
        stream=True,
    ):
        if chunk["type"] == "content_streaming":
            print(chunk["content"], end="", flush=True)
        elif chunk["type"] == "tool_submit_required":
            outputs = []
            for call in chunk["tool_calls"]:
                arguments = json.loads(call["function"]["arguments"])
                if call["function"]["name"] == "get_current_weather":
                    location = arguments["location"]
                    weather = {"temperature": "68°F", "condition": "Sunny", "location": location}
                    outputs.append({"tool_call_id": call["id"], "output": json.dumps(weather)})
            async for later in await client.submit_tool_outputs(
                thread_id=thread.thread_id,
                run_id=chunk["run_id"],
                tool_outputs=outputs,
                stream=True,
            ):
                if later["type"] == "content_streaming":
                    print(later["content"], end="", flush=True)
                elif later["type"] == "message_complete":
                    break
            break


asyncio.run(main(*sys.argv[1:]))
