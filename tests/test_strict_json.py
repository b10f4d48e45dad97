"""Large texts, of which those outside of strings are counted without being parsed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pegboard.strict_json import MAX_BARE, MAX_VALUES, BadJson, loads

_TRICKY = st.text(alphabet='"\\,[]{}: \na', max_size=12)
_LONG = "x, [y] {z} " * (MAX_BARE // 10)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(_TRICKY, st.dictionaries(_TRICKY, _TRICKY, max_size=3)), max_size=8))
def test_what_stands_in_strings_is_no_structure(values: list[object]) -> None:
    written = [*values, _LONG]
    assert loads(json.dumps(written).encode()) == written


@pytest.mark.parametrize("text", ["", '"', '\\"', "\\\\", 'a"b\\'])
def test_values_behind_a_long_text_are_counted(text: str) -> None:
    beginning = json.dumps([_LONG + text, text])
    few = f"[{beginning},[{'0,' * (MAX_VALUES - 100)}0]]".encode()
    assert len(loads(few)[1]) == MAX_VALUES - 99
    many = f"[{beginning},[{'0,' * MAX_VALUES}0]]".encode()
    with pytest.raises(BadJson, match=f"More than {MAX_VALUES} values"):
        loads(many)


@pytest.mark.parametrize("cut", [b'"', b'"\\', b"[", b'["a'])
def test_a_long_text_that_ends_too_early_is_none(cut: bytes) -> None:
    with pytest.raises(BadJson):
        loads(cut + b"x" * (MAX_BARE + 1))
