"""Which models there are: look one up, or list those that fit.

The known ones are read once and held in memory; what the operator's own endpoints serve is added
as it is discovered.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from pegboard.llm.gateway import ModelName
from pegboard.llm.providers import provider_word
from pegboard.models.entries import UNKNOWN_WINDOW, Model, ModelType, Window
from pegboard.models.spelling import date_of, is_version_of, plain

_FIRST: Final = ("openai", "anthropic", "google", "aws-bedrock", "azure", "vertex_ai", "mistral")
"""Whose model is meant where several providers have one of that name."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter; None leaves a question open. Limits are in tokens or dimensions, inclusive."""

    type: str | None = None
    provider: str | None = None
    tools: bool | None = None
    thinking: bool | None = None
    json_output: bool | None = None
    configured: bool | None = None
    min_context: int | None = None
    max_context: int | None = None
    min_dims: int | None = None
    max_dims: int | None = None


class Catalogue:
    """`is_configured` says whether a provider can be asked from here."""

    def __init__(
        self, read: Callable[[], Iterable[Model]], *, is_configured: Callable[[str], bool]
    ) -> None:
        self._read = read
        self._served: tuple[Model, ...] = ()
        self.is_configured = is_configured

    def serve(self, models: Iterable[Model]) -> None:
        """Replace what the operator's own endpoints were found to serve."""
        self._served = tuple(models)
        self.__dict__.pop("_index", None)

    def warm_up(self) -> None:
        """Read the table now rather than in somebody's first request."""
        _ = self._index

    def matching(self, wanted: Wanted) -> Sequence[Model]:
        """All that fit, by provider and name."""
        provider = None if wanted.provider is None else provider_word(wanted.provider)
        return [
            model
            for model in self._index.models
            if (provider is None or model.provider == provider)
            and (wanted.type is None or model.type == wanted.type.strip().lower())
            and (wanted.tools is None or bool(model.tools) == wanted.tools)
            and (wanted.thinking is None or (model.thinking is not None) == wanted.thinking)
            and (wanted.json_output is None or bool(model.json_output) == wanted.json_output)
            and _within(model.window.context_limit, wanted.min_context, wanted.max_context)
            and _within(model.dims or 0, wanted.min_dims, wanted.max_dims)
            and (
                wanted.configured is None or self.is_configured(model.provider) == wanted.configured
            )
        ]

    def providers(self, kind: ModelType | None = None) -> list[str]:
        return sorted({one.provider for one in self._index.models if kind in {None, one.type}})

    def named(self, name: str, kind: ModelType | None = None) -> Model | None:
        """The model of that name in any casing: as `provider/name`, or by itself.

        `openai/gpt-4o` is OpenAI's, though resellers list one of just that name. Where nobody has
        just that name, it may be another spelling, or a version, of one that is known.
        """
        wanted = name.strip().lower()
        provider, slash, rest = wanted.partition("/")
        word = provider_word(provider)
        model = self._index.by_both.get((word, rest)) if slash else None
        if model is not None and kind in {None, model.type}:
            return model
        named = self.all_named(wanted, kind)
        if named:
            return named[0]
        versions = self._like(rest, kind) if slash else self._like(wanted, kind)
        if slash:
            versions = [one for one in versions if one.provider == word]
        return next(iter(versions), None)

    def all_named(self, name: str, kind: ModelType | None = None) -> Sequence[Model]:
        """Those of just that name, in any casing; whom we can ask comes first."""
        wanted = name.strip().lower()
        named = [one for one in self._index.by_name.get(wanted, ()) if kind in {None, one.type}]
        return sorted(named, key=self._preference)

    def versions_of(self, name: str, kind: ModelType | None = None) -> Sequence[Model]:
        """Those who may be given to who asks for that name; never one of another day."""
        return [one for one in self._like(name, kind) if is_version_of(one.name, name)]

    def served(self, name: str) -> Model | None:
        """The model of just that name at one of the operator's own endpoints."""
        wanted = name.strip().lower()
        return next((one for one in self._served if one.name.lower() == wanted), None)

    def _like(self, name: str, kind: ModelType | None) -> Sequence[Model]:
        """Other spellings and versions; the same day first."""
        day = date_of(name)
        matches = [one for one in self._index.by_spelling.get(plain(name), ()) if _is(one, kind)]
        return sorted(
            matches, key=lambda one: (date_of(one.name) != day, *self._preference(one), one.name)
        )

    def find(self, model: ModelName) -> Model | None:
        """What is known of a model as a request names it."""
        name = model.name.strip().lower()
        word = provider_word(model.provider)
        known = self._index.by_both.get((word, name))
        if known is None:
            known = self._index.by_both.get((word, name.removeprefix(f"{word}/")))
        return known

    def window_of(self, model: ModelName) -> Window:
        """The model's window, or that of one that goes by the same name elsewhere."""
        known = (
            self.find(model) or self.named(model.name) or self.named(model.name.rpartition("/")[2])
        )
        return known.window if known is not None else UNKNOWN_WINDOW

    def _preference(self, model: Model) -> tuple[bool, int, str]:
        rank = _FIRST.index(model.provider) if model.provider in _FIRST else len(_FIRST)
        return (not self.is_configured(model.provider), rank, model.provider)

    @cached_property
    def _known(self) -> tuple[Model, ...]:
        return tuple(self._read())

    @cached_property
    def _index(self) -> "_Index":
        # An endpoint knows best how much its model reads; where it does not say, the table may.
        sized = (one for one in self._served if one.window is not UNKNOWN_WINDOW)
        return _Index.of((*sized, *self._known, *self._served))


@dataclass(frozen=True, slots=True)
class _Index:
    """`models` are sorted by provider and name; of two that share both, the first one counts."""

    models: tuple[Model, ...]
    by_name: dict[str, list[Model]]
    by_spelling: dict[str, list[Model]]
    by_both: dict[tuple[str, str], Model]

    @classmethod
    def of(cls, models: Iterable[Model]) -> "_Index":
        by_both: dict[tuple[str, str], Model] = {}
        for model in models:
            by_both.setdefault((model.provider, model.name.lower()), model)
        _fill_in_dims(by_both)
        by_name: dict[str, list[Model]] = {}
        by_spelling: dict[str, list[Model]] = {}
        for (_, name), model in by_both.items():
            by_name.setdefault(name, []).append(model)
            by_spelling.setdefault(plain(name), []).append(model)
        return cls(
            tuple(by_both[key] for key in sorted(by_both)),
            by_name,
            by_spelling,
            by_both,
        )


def _fill_in_dims(by_both: dict[tuple[str, str], Model]) -> None:
    """Dimensions that are known of the same model elsewhere, where all that state them agree."""
    dims_of: dict[str, set[int]] = {}
    for model in by_both.values():
        if model.dims is not None:
            dims_of.setdefault(_own_name(model), set()).add(model.dims)
    for key, model in by_both.items():
        if model.type is ModelType.EMBEDDING and model.dims is None:
            agreed = dims_of.get(_own_name(model), set())
            if len(agreed) == 1:
                by_both[key] = replace(model, dims=next(iter(agreed)))


def _own_name(model: Model) -> str:
    """Without who resells it."""
    return plain(model.name.rpartition("/")[2])


def _is(model: Model, kind: ModelType | None) -> bool:
    return kind in {None, model.type}


def _within(value: int, least: int | None, most: int | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)
