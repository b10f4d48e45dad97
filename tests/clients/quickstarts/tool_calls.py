"""The tool call of the quickstart, answered, and the final answer printed: URL KEY."""

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
    response = await client.add_message(
        thread_id=thread.thread_id,
        content="What's the weather in San Francisco?",
        stream=False,
    )
    if response.status == "REQUIRES_ACTION" and response.tool_calls:
        outputs = []
        for call in response.tool_calls:
            if call.function.name == "get_current_weather":
                location = call.function.parsed_arguments["location"]
                weather = {"temperature": "68°F", "condition": "Sunny", "location": location}
                outputs.append({"tool_call_id": call.id, "output": json.dumps(weather)})
        final = await client.submit_tool_outputs(
            thread_id=thread.thread_id, run_id=response.run_id, tool_outputs=outputs
        )
        print(final.content)


asyncio.run(main(*sys.argv[1:]))
