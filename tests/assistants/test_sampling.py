"""How answers are drawn: an assistant's way, a run's own, and what a model is told of them."""

from typing import Any

import pytest

from pegboard.assistants.sampling import Sampling, UnknownResponseFormat, from_json, to_json
from pegboard.llm.gateway import GenerationOptions

_SCHEMA: Any = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}


def test_a_run_says_what_it_says_and_the_assistant_the_rest() -> None:
    own = Sampling(temperature=0.0, response_format="auto")
    base = Sampling(temperature=0.5, top_p=0.25, reasoning_effort="low")
    assert own.over(base) == Sampling(0.0, 0.25, "low", "auto")
    assert own.over(None) == own


def test_a_model_is_told_what_is_said_over_what_was_asked_for_otherwise() -> None:
    options = GenerationOptions(top_p=0.5, tool_choice="required")
    assert Sampling().applied(options) == options
    assert Sampling(0.5, reasoning_effort="low", response_format=_SCHEMA).applied(
        options
    ) == GenerationOptions(
        json_output=True,
        json_schema={"type": "object"},
        thinking={"effort": "low"},
        temperature=0.5,
        top_p=0.5,
        tool_choice="required",
    )


@pytest.mark.parametrize("form", [{"type": "verse"}, {"type": ["text"]}])
def test_a_form_that_nobody_knows_is_refused(form: Any) -> None:
    with pytest.raises(UnknownResponseFormat):
        Sampling(response_format=form).applied(GenerationOptions())


def test_what_is_said_is_written_as_it_was_read() -> None:
    stored = {"temperature": 1, "response_format": _SCHEMA}
    assert to_json(from_json(stored)) == stored
    assert to_json(from_json({"temperature": None})) == {}
