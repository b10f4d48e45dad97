"""The log of a run as it stands in the database → values as scenarios have them.

Ids are replaced by the fixed ones of `steps`, every time by the beginning, every model by one.
"""

import json
import re
from typing import Final

from pegboard.runs.model.event_json import from_json
from tests.runs.engine.rendering import values_of_events
from tests.runs.engine.scenario import Value
from tests.runs.engine.scripted_gateway import BEGINNING
from tests.runs.engine.steps import ASSISTANT, KEY, MESSAGES, MODEL, RUN, TENANT, THREAD
from tests.support.postgres import query

_UUID: Final = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME: Final = re.compile(r'"\d{4}-\d\d-\d\dT[^"]*"')
_MODEL: Final = re.compile(r'\{"provider": "[^"]*", "name": "[^"]*"\}')
_RUN: Final = """
    SELECT id, tenant_id, thread_id, assistant_id, key_id FROM runs WHERE id = CAST(:run AS uuid)
"""
_LOG: Final = (
    "SELECT first, events FROM run_events WHERE run_id = CAST(:run AS uuid) ORDER BY first"
)


def stored_events(url: str, run_id: str) -> tuple[Value, ...]:
    """All that is logged of a run, whose entries must follow on one another."""
    (row,) = query(url, _RUN, run=run_id)
    fixed = dict(zip(map(str, row), (RUN, TENANT, THREAD, ASSISTANT, KEY), strict=True))
    logged: list[object] = []
    for first, events in query(url, _LOG, run=run_id):
        assert first == len(logged)
        assert isinstance(events, list)
        logged += events
    made: dict[str, str] = {}

    def in_its_place(given: "re.Match[str]") -> str:
        known = fixed.get(given[0])
        return str(known or made.setdefault(given[0], str(MESSAGES[len(made)])))

    text = json.dumps(logged).replace('"key_id": null', f'"key_id": "{KEY}"')
    text = _UUID.sub(in_its_place, text)
    text = _TIME.sub(json.dumps(BEGINNING.isoformat()), text)
    text = _MODEL.sub(json.dumps({"provider": MODEL.provider, "name": MODEL.name}), text)
    return values_of_events(from_json(json.loads(text)))
