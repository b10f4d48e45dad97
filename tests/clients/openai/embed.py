"""Ask for embeddings with a published client; argument: address, key. Prints what came as JSON."""

import json
import math
import sys

import openai


def facts_of(answer):
    vectors = [one.embedding for one in answer.data]
    return {
        "model": answer.model,
        "indexes": [one.index for one in answer.data],
        "dims": [len(vector) for vector in vectors],
        "lengths": [round(math.hypot(*vector), 3) for vector in vectors],
        "usage": [answer.usage.prompt_tokens, answer.usage.total_tokens],
    }


def main():
    url, key = sys.argv[1:]
    client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
    request = {"model": "text-embedding-3-small", "input": ["Zebras zigzag.", "Ants eat."]}
    usual = client.embeddings.create(**request)
    plain = client.embeddings.create(**request, encoding_format="float")
    # The oldest generation has no word for it.
    short = client.embeddings.create(**request, extra_body={"dimensions": 256})
    for packed, number in zip(usual.data[0].embedding, plain.data[0].embedding, strict=True):
        assert math.isclose(packed, number, rel_tol=1e-4, abs_tol=1e-6)
    try:
        client.moderations.create(input="x")
        moderated = "answered"
    except openai.BadRequestError as error:
        moderated = error.message
    print(json.dumps([facts_of(usual), facts_of(plain), facts_of(short), moderated]))


main()
