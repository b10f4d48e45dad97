"""Drives every published client against a server of its own and writes what came of it."""

import sys
from concurrent.futures import ThreadPoolExecutor

from tests.conformance.document import APIS, PATH, written
from tests.conformance.results import DIFFERS, Results, results_of
from tests.support.postgres import empty_database, running_postgres
from tests.support.published_clients import Door
from tests.support.server import start_server

AT_ONCE = 4


def main() -> None:
    visits = [(api, client) for api in APIS for client in api.clients]
    missing = [client for api, client in visits if not api.can_run(client)]
    if missing:
        sys.exit(f"{', '.join(missing)} needs Node.js with npm, and then `make clients`")
    with running_postgres() as postgres:
        server = start_server(PEGBOARD_DATABASE_URL=empty_database(postgres))
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                played = list(pool.map(lambda it: results_of(it[0], it[1], server), visits))
        finally:
            server.stop()
    all_results: dict[Door, dict[str, Results]] = {api: {} for api in APIS}
    for (api, client), results in zip(visits, played, strict=True):
        all_results[api][client] = results
    PATH.write_text(written(all_results), "utf-8")
    differing = sum(it.startswith(DIFFERS) for one in played for it in one.values())
    print(f"{PATH.name}: {len(visits)} clients, {differing} cases differ")


main()
