"""How large the parts of a request may be. `docs/operations.md` lists them for those who call."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field

from pegboard.strict_json import dumps

MOST_TOOLS: Final = 512
MOST_OUTPUTS: Final = 512
MOST_KEYS: Final = 1_000
"""Of an object that is kept as it is given."""

LARGEST_OBJECT: Final = 512 * 1024
"""Characters of such an object as JSON, and of all tools together."""

LONGEST_JSON: Final = 6 * LARGEST_OBJECT
"""Of a field of a form: a character may be written as an escape of six."""

LONGEST_PROMPT: Final = 256_000
LONGEST_WORD: Final = 512
"""Of the name of a model or a provider."""

LONGEST_QUERY: Final = 32_000


def check_size(value: Any) -> Any:
    """The same, or ValueError where it is too large to be stored and sent again and again."""
    if isinstance(value, dict) and len(value) > MOST_KEYS:
        raise ValueError(f"has {len(value)} keys, more than {MOST_KEYS}")
    if value and (size := len(dumps(value))) > LARGEST_OBJECT:
        raise ValueError(f"takes {size} characters as JSON, more than {LARGEST_OBJECT}")
    return value


Prompt = Annotated[str, Field(max_length=LONGEST_PROMPT)]
KeptObject = Annotated[dict[str, Any], AfterValidator(check_size)]
