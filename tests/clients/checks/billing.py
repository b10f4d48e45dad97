"""What was used, as versions 1.5.6 to 1.5.8 ask for it."""

import story
from checking import check, new_thread, same

NOUN = "Billing"


@check(NOUN, "GET /billing/usage/recent", "a message's tokens")
async def recent_usage(client):
    recent_usage_of = client.get_recent_usage
    thread_id = await new_thread(client)
    reply = (await client.add_message(thread_id, content=story.GREETING)).messages[-1]
    usage = await recent_usage_of(page=1, page_size=10)
    pages = usage.pagination
    counts = pages.page, pages.page_size, pages.total, pages.total_pages
    same("the page", counts, (1, 10, 1, 1))
    used = [(one.model, one.input_tokens, one.output_tokens) for one in usage.data]
    wanted = reply["model_name"], reply["input_tokens"], reply["output_tokens"]
    same("the usage", used, [wanted])
