"""One stored form, three renderings: v2 as all is written here, v1, and an archived client's.

Which one a caller reads is in its headers. The older ones are projections of v2, made of whole
bodies on their way in and out, so that no endpoint knows of them.
"""

from enum import StrEnum

from starlette.datastructures import Headers


class Profile(StrEnum):
    V2 = "v2"
    V1 = "v1"
    RUBY = "ruby-2023-11"


def profile_of(headers: Headers) -> Profile:
    """Version 2 where nothing is said: many clients and gateways forget the header.

    The archived Ruby client is known by its name: it sends no header by itself, but who uses it may
    have it send one. Clients made later by the same generator have the same name, and ask for
    version 2.
    """
    betas = {token.strip() for token in headers.get("openai-beta", "").split(",")}
    if "assistants=v2" not in betas and _is_archived_ruby(headers.get("user-agent", "")):
        return Profile.RUBY
    return Profile.V1 if "assistants=v1" in betas else Profile.V2


def _is_archived_ruby(agent: str) -> bool:
    return agent.startswith("OpenAPI-Generator/") and agent.endswith("/ruby")
