"""Models: listed by each filter, found by name."""

from checking import check, holds, raises, same

NOUN = "Models"
CHAT = "GET /models"
EMBEDDING = "GET /models/embedding/all"
NOT_FOUND = 404, "BackboardNotFoundError"


def every(listed, right):
    """Some models are found, all of them right, and no more are counted than there are."""
    holds("some are found", listed.models)
    wrong = [one.name for one in listed.models if not right(one)]
    same("those that do not fit", wrong, [])
    holds("total counts them all", listed.total >= len(listed.models))


@check(NOUN, CHAT, "all")
async def list_them(client):
    listed = await client.list_models()
    every(listed, lambda one: one.context_limit > 0)
    same("the length of a page", len(listed.models), min(100, listed.total))


@check(NOUN, CHAT, "a page")
async def list_a_page(client):
    three = await client.list_models(limit=3)
    page = await client.list_models(skip=1, limit=2)
    same("the page", [one.name for one in page.models], [one.name for one in three.models[1:]])
    same("total", page.total, three.total)


@check(NOUN, CHAT, "by model_type")
async def list_by_type(client):
    every(await client.list_models(model_type="llm"), lambda one: one.model_type == "llm")


@check(NOUN, CHAT, "by provider")
async def list_by_provider_filter(client):
    every(await client.list_models(provider="openai"), lambda one: one.provider == "openai")


@check(NOUN, CHAT, "by supports_tools")
async def list_with_tools(client):
    every(await client.list_models(supports_tools=True), lambda one: one.supports_tools)
    every(await client.list_models(supports_tools=False), lambda one: not one.supports_tools)


@check(NOUN, CHAT, "by min_context")
async def list_large(client):
    every(await client.list_models(min_context=200_000), lambda one: one.context_limit >= 200_000)


@check(NOUN, CHAT, "by max_context")
async def list_small(client):
    every(await client.list_models(max_context=20_000), lambda one: one.context_limit <= 20_000)


@check(NOUN, "GET /models/{name}", "one")
async def get(client):
    got = await client.get_model("gpt-4o")
    same("the model", (got.name, got.provider, got.model_type), ("gpt-4o", "openai", "llm"))


@check(NOUN, "GET /models/{name}", "in any case")
async def get_in_capitals(client):
    same("the model", (await client.get_model("GPT-4o")).name, "gpt-4o")


@check(NOUN, "GET /models/{name}", "a name with a slash")
async def get_with_slash(client):
    got = await client.get_model("openai/gpt-4o")
    holds("it is that model", got.name.endswith("gpt-4o"))


@check(NOUN, "GET /models/{name}", "unknown: 404")
async def get_unknown(client):
    await raises(*NOT_FOUND, client.get_model("no-such-model"))


@check(NOUN, "GET /models/provider/{provider}", "those of one")
async def list_of_provider(client):
    listed = await client.list_models_by_provider("openai", limit=5)
    every(listed, lambda one: one.provider == "openai")


@check(NOUN, "GET /models/providers", "all")
async def providers(client):
    listed = await client.list_providers()
    holds("openai is among them", "openai" in listed.providers)
    same("total", listed.total, len(listed.providers))


@check(NOUN, EMBEDDING, "all")
async def embedding_models(client):
    listed = await client.list_embedding_models()
    every(listed, lambda one: one.embedding_dimensions > 0)


@check(NOUN, EMBEDDING, "by provider")
async def embedding_models_of(client):
    listed = await client.list_embedding_models(provider="openai")
    every(listed, lambda one: one.provider == "openai")


@check(NOUN, EMBEDDING, "by dimensions")
async def embedding_models_sized(client):
    listed = await client.list_embedding_models(min_dimensions=1000, max_dimensions=2000)
    every(listed, lambda one: 1000 <= one.embedding_dimensions <= 2000)


@check(NOUN, "GET /models/embedding/providers", "all")
async def embedding_providers(client):
    listed = await client.list_embedding_providers()
    holds("openai is among them", "openai" in listed.providers)
    same("total", listed.total, len(listed.providers))


@check(NOUN, "GET /models/embedding/{name}", "one")
async def embedding_model(client):
    got = await client.get_embedding_model("text-embedding-3-large")
    facts = got.name, got.provider, got.embedding_dimensions
    same("the model", facts, ("text-embedding-3-large", "openai", 3072))


@check(NOUN, "GET /models/embedding/{name}", "unknown: 404")
async def embedding_unknown(client):
    await raises(*NOT_FOUND, client.get_embedding_model("no-such-model"))


@check(NOUN, "GET /models/image/all", "none")
async def image_models(client):
    listed = await client.list_image_models()
    same("the models", (listed.models, listed.total), ([], 0))


@check(NOUN, "GET /models/image/providers", "none")
async def image_providers(client):
    listed = await client.list_image_providers()
    same("the providers", (listed.providers, listed.total), ([], 0))


@check(NOUN, "GET /models/image/{name}", "unknown: 404")
async def image_model(client):
    await raises(*NOT_FOUND, client.get_image_model("dall-e-3"))


@check(NOUN, "GET /models/video/all", "none")
async def video_models(client):
    listed = await client.list_video_models()
    same("the models", (listed.models, listed.total), ([], 0))


@check(NOUN, "GET /models/video/{name}", "unknown: 404")
async def video_model(client):
    await raises(*NOT_FOUND, client.get_video_model("google/veo-3"))
