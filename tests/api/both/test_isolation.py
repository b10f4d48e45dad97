"""Another tenant's object is not there: every route of both APIs, with every foreign id.

The matrix is made from the routes of the applications. Of each route, every place for an id (in the
path, the query or a body) is given another tenant's real id and, to compare, one of nothing, alone
and together with all other places; what is left holds the caller's own. The bytes must be the same.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import httpx
import pytest

from tests.api.both.isolation_samples import (
    BODIES,
    CURSORS,
    FORMS,
    LISTED,
    NO_IDS,
    NOUN_OF,
    VERSION_1,
)
from tests.support.deadlines import patience
from tests.support.resources import Resources, resources_of
from tests.support.routes import ApiRoute, every_route
from tests.support.server import Server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

OWNER, STRANGER = "key-of-the-owner", "key-of-the-stranger"
ROUTES = every_route()
_PASSING = {"x-request-id", "date"}
_PLACE = re.compile(r'(?<="){(\w+)}(?=")')
_WAITING = {"run": "paused_run", "thread": "paused_thread"}


@dataclass(frozen=True)
class Ask:
    """A request with places for ids: `{0}`, `{1}`, … of these nouns."""

    route: ApiRoute
    path: str
    body: str | None
    nouns: tuple[str, ...]
    cursors: frozenset[int]

    def __str__(self) -> str:
        return f"{self.route.method} {self.route.api}{self.path} {self.body or ''} {self.nouns}"

    def filled(self, ids: list[str]) -> tuple[str, str | None]:
        def fill(text: str) -> str:
            for place, shown_id in enumerate(ids):
                text = text.replace(f"<{place}>", shown_id)
            return text

        return fill(self.path), None if self.body is None else fill(self.body)


def asks_of(route: ApiRoute, version: str = "v2") -> Iterator[Ask]:
    """The route with each of its bodies, and with each of its queries that is an id."""
    old = VERSION_1.get(route.name, ()) if version == "v1" else ()
    nouns = [NOUN_OF[name] for name in route.path_names if name not in NO_IDS]
    if "submit" in route.path:
        nouns = [_WAITING.get(noun, noun) for noun in nouns]
    path = route.path
    for place, name in enumerate(name for name in route.path_names if name not in NO_IDS):
        path = path.replace(f"{{{name}}}", f"<{place}>")
    path = re.sub(r"{\w+(:path)?}", "any", path)
    for body in (*BODIES.get(route.name, (None,)), *old):
        text, inner = None, list(nouns)
        if body is not None:
            inner += _PLACE.findall(json.dumps(body))
            count = iter(range(len(nouns), len(inner)))
            text = _PLACE.sub(lambda _: f"<{next(count)}>", json.dumps(body))  # noqa: B023
        yield Ask(route, path, text, tuple(inner), frozenset())
    for name in route.queries:
        if path.endswith("/stream"):  # `after` counts its frames
            continue
        if name in CURSORS or name in NOUN_OF:
            noun = LISTED[path.rpartition("/")[2]] if name in CURSORS else NOUN_OF[name]
            narrowed = f"{path}?{name}=<{len(nouns)}>"
            yield Ask(route, narrowed, None, (*nouns, noun), frozenset({len(nouns)}))


def send(client: httpx.Client, ask: Ask, ids: list[str]) -> httpx.Response:
    path, body = ask.filled(ids)
    url = ask.route.api + path
    if ask.route.name in FORMS:
        return client.request(
            ask.route.method,
            url,
            files={"file": ("a.txt", b"text")},
            data={"purpose": "assistants"},
        )
    headers = {} if body is None else {"Content-Type": "application/json"}
    return client.request(ask.route.method, url, content=body, headers=headers)


def seen(answer: httpx.Response, ids: list[str]) -> tuple[int, list[tuple[str, str]], bytes]:
    """What a caller can tell of an answer, but for the ids that it asked with."""
    content = answer.content
    for place, shown_id in enumerate(ids):
        content = content.replace(shown_id.encode(), b"<%d>" % place)
    headers = [pair for pair in answer.headers.multi_items() if pair[0] not in _PASSING]
    return answer.status_code, sorted(headers), content


def sets_of_places(count: int) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(count), size) for size in range(1, count + 1))


def client_of(server: Server, key: str, version: str) -> httpx.Client:
    headers = {
        "Authorization": f"Bearer {key}",
        "X-API-Key": key,
        "OpenAI-Beta": f"assistants={version}",
    }
    return httpx.Client(base_url=server.url, headers=headers, timeout=patience(60))


@pytest.fixture(scope="module")
def owners(server: Server) -> Resources:
    return resources_of(server, OWNER, city="Oslo")


@pytest.fixture(scope="module")
def strangers(server: Server) -> Resources:
    return resources_of(server, STRANGER, city="Bergen")


def everything(server: Server, owned: Resources) -> dict[str, Any]:
    """All that the owner can read, route by route."""
    answers = {}
    with client_of(server, OWNER, "v2") as client:
        for ask in chain.from_iterable(map(asks_of, ROUTES)):
            if ask.route.method == "GET" and not ask.cursors and ask.nouns:
                ids = [owned.public_id(noun, ask.route.api) for noun in ask.nouns]
                answer = send(client, ask, ids)
                answers[str(ask)] = (answer.status_code, answer.content)
    return answers


@pytest.mark.requirement("tenants.foreign-is-missing")
def test_every_id_is_known_to_the_test() -> None:
    """A new route is in the matrix at once, or fails here until it is told what its ids are of."""
    for route in ROUTES:
        for name in (*route.path_names, *route.queries):
            assert name in {*NOUN_OF, *NO_IDS, *CURSORS}, f"{route.name}: of what is {name} an id?"
        if route.takes_body and route.name not in FORMS:
            assert route.name in BODIES, f"{route.name}: give a sample of its body"
            sample = json.dumps(BODIES[route.name])
            for field in route.fields - set(route.path_names):
                assert f'"{field}": ' in sample, f"{route.name}: {field} is in no sample"
    names = {route.name for route in ROUTES}
    assert {*BODIES, *FORMS} <= names, "a sample is of no route"


def test_the_ids_of_the_matrix_are_real(server: Server, owners: Resources) -> None:
    """Else every comparison would hold: the owner reads all that the stranger is refused."""
    answers = everything(server, owners)
    assert {ask: status for ask, (status, _) in answers.items() if status != 200} == {}
    read = {noun for ask in answers for noun in owners.ids if f"'{noun}'" in ask}
    # The others are threads, runs and files like these; calls are read with their run.
    assert read == owners.ids.keys() - {"paused_thread", "paused_run", "picture", "call"}


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.requirement("tenants.foreign-is-missing")
def test_a_foreign_id_looks_like_one_of_nothing(
    server: Server, owners: Resources, strangers: Resources, version: str
) -> None:
    assert not set(owners.ids.values()) & set(strangers.ids.values())
    missing, before = owners.missing(), everything(server, owners)
    asks = [ask for route in ROUTES for ask in asks_of(route, version)]
    pairs, answers = 0, Counter[int]()
    with client_of(server, STRANGER, version) as client:
        for ask in asks:
            api = ask.route.api
            own = [strangers.public_id(noun, api) for noun in ask.nouns]
            for places in sets_of_places(len(ask.nouns)):
                kinds = []
                for others in (owners, missing):
                    ids = list(own)
                    for place in places:
                        ids[place] = others.public_id(ask.nouns[place], api)
                    kinds.append(seen(send(client, ask, ids), ids))
                foreign, nothing = kinds
                assert foreign == nothing, f"{ask} with places {places}"
                narrowed = set(places) <= ask.cursors
                refused = {200} if narrowed else {400} if _is_call(ask, places) else {404}
                assert foreign[0] in refused, f"{ask} with places {places}: {foreign}"
                pairs += 1
                answers[foreign[0]] += 1
    assert everything(server, owners) == before
    routes = len({ask.route for ask in asks if ask.nouns})
    print(f"\n{version}: {pairs} pairs over {routes} of {len(ROUTES)} routes: {dict(answers)}")


def _is_call(ask: Ask, places: tuple[int, ...]) -> bool:
    """Ids of calls are names within a run: a wrong one is a bad output, not a missing object."""
    return all(ask.nouns[place] == "call" for place in places)
