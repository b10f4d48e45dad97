"""Both APIs answer as their OpenAPI documents say: a property tester asks everything they offer.

Requests are made from the documents, valid and invalid ones, the same in every run. Most name
objects that are there, so that what lies behind an id is reached as well; what deletes objects
comes last.
"""

from typing import Any, Final, TypeAlias

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err
from schemathesis.specs.openapi import checks

from pegboard.identifiers import new_id
from tests.api.both.isolation_samples import NOUN_OF
from tests.support.deadlines import patience
from tests.support.resources import PREFIXES, Resources, resources_of
from tests.support.server import Server

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

Operation: TypeAlias = APIOperation[Any, Any, Any, Any]
AnyCase: TypeAlias = Case[Any]

VALID, INVALID = 3, 2
"""How many requests of each kind are sent to an operation."""

_NAMED: Final = {"model_name": "gpt-4o", "provider_name": "openai"}
_JSON_TEXTS: Final = ("files", "metadata", "thinking", "tools")
"""Fields of forms with more rules than a schema can say: with them hardly any message is valid."""

_CHECKS: Final = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


def document_at(server: Server, api: str) -> dict[str, Any]:
    """The document without its keys: the tester would leave them out, or make others up."""
    document: dict[str, Any] = httpx.get(
        f"{server.url}{api}/openapi.json", timeout=patience(60)
    ).json()
    del document["components"]["securitySchemes"]
    for operations in document["paths"].values():
        for operation in operations.values():
            del operation["security"]
    return document


def operations_at(server: Server, api: str) -> list[Operation]:
    """What deletes comes last, the innermost objects first."""
    document = schemathesis.openapi.from_dict(document_at(server, api))
    operations = []
    for one in document.get_all_operations():
        if isinstance(one, Err):
            raise one.err()
        operations.append(one.ok())
    return sorted(operations, key=lambda one: (one.method == "delete", -one.path.count("/")))


class Asking:
    """Sends requests to an API, and keeps what is wrong with its answers."""

    def __init__(self, url: str, headers: dict[str, str], ids: dict[str, str]) -> None:
        self._url = url
        self._headers = headers
        self._ids = ids
        self._session = requests.Session()
        self.statuses: set[int] = set()
        self.failures: list[str] = []

    def many(self, operation: Operation, mode: GenerationMode, times: int) -> None:
        @settings(
            max_examples=times,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode), st.sampled_from([True, True, False]))
        def ask(case: AnyCase, named: bool) -> None:
            if named:
                self._name(case)
            self._ask(case)

        ask()

    def _name(self, case: AnyCase) -> None:
        """Put ids of what is there in place of those that were made up."""
        for place in (case.path_parameters, case.body):
            if isinstance(place, dict):
                place.update({name: self._ids[name] for name in self._ids.keys() & place})
        if isinstance(case.body, dict) and case.operation.path.endswith("/messages"):
            for name in _JSON_TEXTS:
                case.body.pop(name, None)

    def once(self, operation: Operation) -> None:
        names = (one["name"] for one in operation.definition.raw.get("parameters", ()))
        self._ask(operation.Case(path_parameters=dict.fromkeys(names, str(new_id()))))

    def _ask(self, case: AnyCase) -> None:
        response = case.call(
            base_url=self._url, session=self._session, headers=self._headers, timeout=patience(60)
        )
        url = str(response.request.url)
        if not url.startswith(f"{self._url}/"):  # of an id like `..` the client makes another path
            return
        self.statuses.add(response.status_code)
        try:
            case.validate_response(response, checks=_CHECKS)
        except FailureGroup as failed:
            self.failures += [f"{case.method} {url}: {one}" for one in failed.exceptions]


def ids_of(mine: Resources, api: str) -> dict[str, str]:
    nouns = {one: noun for one, noun in NOUN_OF.items() if api == "/api" or noun in PREFIXES}
    return {**{name: mine.public_id(noun, api) for name, noun in nouns.items()}, **_NAMED}


def _can_be_invalid(operation: Operation) -> bool:
    """Not where all that is taken is text in the path, as any text is valid there."""
    raw = operation.definition.raw
    taken = raw.get("parameters", ())
    return "requestBody" in raw or any(
        one["in"] != "path" or "format" in one["schema"] for one in taken
    )


@pytest.mark.parametrize("api", ["/api", "/v1"])
@pytest.mark.requirement("openai.documented")
def test_every_answer_is_documented(server: Server, api: str) -> None:
    key = f"key-{new_id().hex}"
    ids = ids_of(resources_of(server, key, city="Oslo"), api)
    asking = Asking(f"{server.url}{api}", {"Authorization": f"Bearer {key}"}, ids)
    for operation in operations_at(server, api):
        asking.many(operation, GenerationMode.POSITIVE, VALID)
        if _can_be_invalid(operation):
            asking.many(operation, GenerationMode.NEGATIVE, INVALID)
    assert asking.failures == []
    assert asking.statuses >= {200, 404, 422 if api == "/api" else 400}


@pytest.mark.parametrize("api", ["/api", "/v1"])
def test_a_missing_key_is_answered_as_documented(server: Server, api: str) -> None:
    asking = Asking(f"{server.url}{api}", {}, {})
    for operation in operations_at(server, api):
        asking.once(operation)
    assert (asking.failures, asking.statuses) == ([], {401})
