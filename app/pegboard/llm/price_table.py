"""What a call costs, and what kind of model it is, from the table in litellm's wheel.

The file is read where it lies, without importing litellm. The catalogue of models reads it too, for
what it tells of a model; this keeps the few figures that a price is made of.
"""

import importlib.util
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from pegboard import clock
from pegboard.llm.gateway import Usage

_FILE: Final = "model_prices_and_context_window_backup.json"
_THRESHOLDS: Final = (200_000, 272_000)
_AT_THE_THRESHOLD: Final = frozenset({"xai"})
"""Whose higher price begins with the prompt that is as long as that, not with a longer one."""


_CACHED_COSTS: Final = {"fireworks_ai": 0.5}
"""Of a token that is not cached, where the table has no price of one that is."""


class _Rates(msgspec.Struct, gc=False):
    """US dollars a token."""

    input_cost_per_token: float | None = None
    output_cost_per_token: float | None = None
    cache_read_input_token_cost: float | None = None
    cache_creation_input_token_cost: float | None = None


class _Window(msgspec.Struct):
    """Hours as `10:00-00:00`; weekdays from 1, a Monday."""

    hours_utc: str | list[str]
    weekdays: list[int] = []


class _OffPeak(_Rates):
    windows: list[_Window] = []


class PricedModel(_Rates):
    """An entry of the table: prices, and `mode`, the kind of API that it is asked by."""

    litellm_provider: str = ""
    mode: str = ""
    supports_reasoning: bool = False
    off_peak_pricing: _OffPeak | None = None
    input_cost_per_token_above_200k_tokens: float | None = None
    output_cost_per_token_above_200k_tokens: float | None = None
    cache_read_input_token_cost_above_200k_tokens: float | None = None
    cache_creation_input_token_cost_above_200k_tokens: float | None = None
    input_cost_per_token_above_272k_tokens: float | None = None
    output_cost_per_token_above_272k_tokens: float | None = None
    cache_read_input_token_cost_above_272k_tokens: float | None = None
    cache_creation_input_token_cost_above_272k_tokens: float | None = None


def find_priced(provider: str, name: str) -> PricedModel | None:
    """The model of litellm's provider. Blocks for some 20 ms where nothing was loaded before."""
    table = _table()
    exact = table.get(f"{provider}/{name}")
    if exact is not None:
        return exact
    # A fine-tuned model, `ft:gpt-4o:company::id`, costs what each of its base does.
    plain = ":".join(name.split(":")[:2]) if name.startswith("ft:") else name
    known = table.get(plain)
    return known if known is not None and known.litellm_provider == provider else None


def load() -> None:
    """What the first look-up would wait for."""
    _table()


def with_cost(used: Usage, model: PricedModel | None) -> Usage:
    """The same tokens with their price; without one where it is not known."""
    if model is None or model.input_cost_per_token is None:
        return used
    rates = _rates(model, used.input_tokens, clock.now())
    per_input = rates.input_cost_per_token or 0.0
    per_read, per_written = rates.cache_read_input_token_cost, rates.cache_creation_input_token_cost
    cached, written = used.cached_input_tokens, used.cache_write_input_tokens
    cost = (
        max(used.input_tokens - cached - written, 0) * per_input
        + cached * (per_input * _cached_share(model) if per_read is None else per_read)
        + written * (per_input if per_written is None else per_written)
        + used.output_tokens * (rates.output_cost_per_token or 0.0)
    )
    return Usage(
        used.input_tokens,
        used.output_tokens,
        cached,
        written,
        Decimal(str(cost)),
        used.reasoning_tokens,
    )


def _cached_share(model: PricedModel) -> float:
    return _CACHED_COSTS.get(model.litellm_provider, 1.0)


def _rates(model: PricedModel, prompt_tokens: int, now: datetime) -> _Rates:
    """The rates for a prompt of that length at that time."""
    inclusive = model.litellm_provider in _AT_THE_THRESHOLD
    rates: _Rates = model
    for threshold in _THRESHOLDS:
        if prompt_tokens > threshold or (inclusive and prompt_tokens == threshold):
            rates = _Rates(
                *(
                    _or_else(getattr(model, f"{name}_above_{threshold // 1000}k_tokens"), rate)
                    for name, rate in zip(_RATES, _values(rates), strict=True)
                )
            )
    cheaper = model.off_peak_pricing
    if cheaper is not None and _is_within(cheaper.windows, now):
        rates = _Rates(*map(_or_else, _values(cheaper), _values(rates)))
    return rates


def _is_within(windows: Sequence[_Window], now: datetime) -> bool:
    return any(
        (not window.weekdays or now.isoweekday() in window.weekdays)
        and any(_covers(span, now.time()) for span in _spans(window.hours_utc))
        for window in windows
    )


def _spans(hours: str | list[str]) -> list[str]:
    return [hours] if isinstance(hours, str) else hours


def _covers(span: str, at: time) -> bool:
    """A span that ends at 00:00 lasts until midnight."""
    begin, end = (time.fromisoformat(one) for one in span.split("-"))
    return begin <= at and (end == time.min or at < end)


_RATES: Final = _Rates.__struct_fields__


def _values(rates: _Rates) -> tuple[float | None, ...]:
    return tuple(getattr(rates, name) for name in _RATES)


def _or_else(value: float | None, other: float | None) -> float | None:
    return other if value is None else value


@lru_cache(maxsize=1)
def _table() -> Mapping[str, PricedModel]:
    package = importlib.util.find_spec("litellm")
    if package is None or package.origin is None:
        return {}
    raw = msgspec.json.decode(
        Path(package.origin).with_name(_FILE).read_bytes(), type=dict[str, msgspec.Raw]
    )
    decoder = msgspec.json.Decoder(PricedModel)
    table = {}
    for key, entry in raw.items():
        try:
            table[key] = decoder.decode(entry)
        except msgspec.ValidationError:  # an example entry whose figures are words
            continue
    return table
