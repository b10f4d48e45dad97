"""The results of all clients as a document, and back: what is read is what was written."""

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from tests.conformance.results import ABSENT, DIFFERS, WORKS, Results, Row
from tests.support.published_clients import BACKBOARD, OPENAI, Door

PATH: Final = Path(__file__).parents[2] / "docs" / "conformance.md"
_SIGNS: Final = {WORKS: "✓", ABSENT: "-"}
_MEANINGS: Final = {sign: result for result, sign in _SIGNS.items()}
_NOTE: Final = re.compile(r"^\[\^(\d+)\]: `(.*)`$", re.MULTILINE)
_INTRODUCTION: Final = """\
# Conformance

What the published clients make of this server, endpoint by endpoint. `make conformance` starts a
server in test-target mode on a new database, has every client call each of its methods, unmodified
but for the address, and writes this file; `make test` plays the same and fails where this file is
no longer true.

A case is no mere call: what comes back is compared with what was put in. A stream's pieces must
add up to the text it ends with, a tool's output must turn up in the answer, a document must be
quoted by name, a fact told in one thread must be known in the next, and an error must raise the
class that the client has for it. A number after a case is the status that is due.

Neighbouring versions with the same results share a column. ✓ works, - this client has no such
method or argument, a number says how it differs.
"""
_CLIENTS: Final = {  # in the order of telling
    BACKBOARD: """\
The clients are the Python SDK in the versions that the tables name, and the JavaScript SDK as
`npm`. Version 1.5.5 is left out: it cannot be imported, as its client asks for a class that its
models lack.
""",
    OPENAI: """\
The clients are the generations of OpenAI's Python SDK, and as `npm` those of its JavaScript SDK.
Up to Python's 1.14.3 and `npm` 4.20.0 they speak the API's first version, `assistants=v1`, all
others its second. Each event of a stream is compared with what is due, one for one, with its object
and what it tells.
""",
}
APIS: Final = tuple(_CLIENTS)

AllResults = Mapping[Door, Mapping[str, Results]]  # by API and client


def written(all_results: AllResults) -> str:
    """The document that tells these results."""
    notes: dict[str, int] = {}
    parts = [_INTRODUCTION]
    for api, clients in _CLIENTS.items():
        results = all_results[api]
        parts += [f"## {_heading(api)}\n", clients, _summary(results)]
        for noun, group in groupby(_rows(results), key=lambda row: row.noun):
            parts.append(f"### {noun}\n\n" + _table(list(group), results, notes))
    if notes:
        parts.append("".join(f"[^{number}]: `{text}`\n" for text, number in notes.items()))
    return "\n".join(parts)


def read(text: str) -> AllResults:
    """The results that a document tells."""
    notes = dict(_NOTE.findall(text))
    sections = text.split("\n## ")[1:]
    apis = {_heading(api): api for api in APIS}
    return {apis[section.partition("\n")[0]]: _read(section, notes) for section in sections}


def _read(section: str, notes: Mapping[str, str]) -> Mapping[str, Results]:
    results: dict[str, dict[Row, str]] = {}
    noun, columns = "", [[""]]
    for line in section.splitlines():
        if line.startswith("### "):
            noun = line.removeprefix("### ")
        elif line.startswith("| endpoint |"):
            columns = [_clients(cell) for cell in _cells(line)[2:]]
        elif line.startswith("| `"):
            endpoint, case, *signs = _cells(line)
            row = Row(noun, endpoint.strip("`"), case)
            for clients, sign in zip(columns, signs, strict=True):
                for client in clients:
                    results.setdefault(client, {})[row] = _meaning(sign, notes)
    return results


def _heading(api: Door) -> str:
    return f"{api.title}: `{api.path}`"


def _rows(results: Mapping[str, Results]) -> list[Row]:
    """The rows that some client has, those of one endpoint together, nouns in their first order."""
    rows = list(dict.fromkeys(row for one in results.values() for row in one))
    nouns = _places(row.noun for row in rows)
    endpoints = _places(row.endpoint for row in rows)
    had = [row for row in rows if {_result(one, row) for one in results.values()} != {ABSENT}]
    return sorted(had, key=lambda row: (nouns[row.noun], endpoints[row.endpoint]))


def _places(names: Iterable[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(dict.fromkeys(names))}


def _result(results: Results, row: Row) -> str:
    return results.get(row, ABSENT)


def _summary(results: Mapping[str, Results]) -> str:
    played = [one for each in results.values() for one in each.values() if one != ABSENT]
    works = played.count(WORKS)
    return f"Of {len(played)} cases played with {len(results)} clients, {works} work.\n"


def _table(rows: list[Row], results: Mapping[str, Results], notes: dict[str, int]) -> str:
    def column(client: str) -> list[str]:
        return [_result(results[client], row) for row in rows]

    groups = [list(clients) for _, clients in groupby(results, key=column)]
    heads = ["<br>".join(_label(client) for client in clients) for clients in groups]
    lines = [["endpoint", "case", *heads], ["---", "---", *(":-:" for _ in groups)]]
    for row in rows:
        signs = [_sign(_result(results[clients[0]], row), notes) for clients in groups]
        lines.append([f"`{row.endpoint}`", row.case, *signs])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _sign(result: str, notes: dict[str, int]) -> str:
    if result in _SIGNS:
        return _SIGNS[result]
    return f"[^{notes.setdefault(_reason(result), len(notes) + 1)}]"


def _reason(result: str) -> str:
    return result.removeprefix(DIFFERS).replace("`", "'")


def _meaning(sign: str, notes: Mapping[str, str]) -> str:
    if sign in _MEANINGS:
        return _MEANINGS[sign]
    return DIFFERS + notes[sign.strip("[^]")]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("| ").split(" | ")]


def _label(client: str) -> str:
    language, _, version = client.partition("-")
    return f"npm {version}" if language == "node" else version


def _clients(head: str) -> list[str]:
    labels = head.split("<br>")
    return [f"node-{it[4:]}" if it.startswith("npm ") else f"python-{it}" for it in labels]
