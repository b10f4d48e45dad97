"""Every route of both APIs, read from the applications themselves, with where ids may stand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute

from pegboard.api import backboard, openai
from pegboard.api.http.api_rules import ApiRules

_ID: Final = re.compile(r"(^|_)ids?$")


@dataclass(frozen=True)
class ApiRoute:
    """`fields` are the names of a body's fields, at any depth, that look like ids."""

    api: str
    method: str
    path: str
    queries: tuple[str, ...]
    fields: frozenset[str]
    takes_body: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.api}{self.path}"

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+)(?::\w+)?}", self.path)


def every_route() -> list[ApiRoute]:
    """Reading first, deleting last."""
    nothing: Any = None  # what is built is looked at, not asked
    rules = ApiRules(
        version="0",
        origins=frozenset(),
        recognise=_never,
        admit=_never,
        admission=nothing,
        imported=lambda _: False,
        directory=nothing,
        ledger=nothing,
        max_body=0,
        max_upload=0,
    )
    apis = {"/api": backboard.build(rules), "/v1": openai.build(rules)}
    routes = [route for api, app in apis.items() for route in _routes(api, app)]
    order = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return sorted(routes, key=lambda route: order.index(route.method))


async def _never(_: Any) -> None:
    raise AssertionError("The applications are looked at, not asked")


def _routes(api: str, app: FastAPI) -> Iterator[ApiRoute]:
    document = app.openapi()
    for route in _walk(app.routes):
        for method in sorted(route.methods or ()):
            operation = document["paths"].get(route.path_format, {}).get(method.lower(), {})
            kinds = operation.get("requestBody", {}).get("content", {})
            names = {
                name for kind in kinds.values() for name in _names(kind["schema"], document, ())
            }
            yield ApiRoute(
                api,
                method,
                route.path,
                tuple(
                    one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"
                ),
                frozenset(filter(_ID.search, names)),
                bool(kinds),
            )


def _walk(routes: Any) -> Iterator[APIRoute]:
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (router := getattr(route, "original_router", None)) is not None:
            yield from _walk(router.routes)


def _names(schema: Any, document: Any, within: tuple[str, ...]) -> Iterator[str]:
    reference = schema.get("$ref")
    if reference is not None:
        if reference in within:
            return
        within = (*within, reference)
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from _names(inner, document, within)
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from _names(inner, document, within)
    if isinstance(schema.get("items"), dict):
        yield from _names(schema["items"], document, within)
