"""One stored form, three tellings: v2 as everything here is written, v1, and an archived client's.

Which one a caller reads is told by its headers. The older ones are projections of v2, made of whole
bodies on their way in and out, so that no endpoint knows of them.
"""

from enum import StrEnum

from starlette.datastructures import Headers


class Profile(StrEnum):
    V2 = "v2"
    V1 = "v1"
    RUBY = "ruby-2023-11"


def profile_of(headers: Headers) -> Profile:
    """Version 2 where nothing is said: many clients and gateways forget the header."""
    betas = {token.strip() for token in headers.get("openai-beta", "").split(",")}
    if "assistants=v1" in betas:
        return Profile.V1
    agent = headers.get("user-agent", "")
    if "openai-beta" not in headers and _is_archived_ruby(agent):
        return Profile.RUBY
    return Profile.V2


def _is_archived_ruby(agent: str) -> bool:
    return agent.startswith("OpenAPI-Generator/") and agent.endswith("/ruby")
