"""Drives every published client against a server of its own and writes what came of it."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.conformance.document import PATH, written
from tests.conformance.results import DIFFERS, results_of
from tests.support.postgres import new_database, running_postgres
from tests.support.published_clients import all_clients, can_run
from tests.support.server import start_server

AT_ONCE = 4


def main() -> None:
    clients = all_clients()
    missing = [client for client in clients if not can_run(client)]
    if missing:
        sys.exit(f"{', '.join(missing)} needs Node.js with npm, and then `make clients`")
    with running_postgres() as postgres:
        server = start_server(PEGBOARD_DATABASE_URL=new_database(postgres))
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                played = list(pool.map(partial(results_of, url=server.api), clients))
        finally:
            server.stop()
    results = dict(zip(clients, played, strict=True))
    PATH.write_text(written(results), "utf-8")
    differing = sum(it.startswith(DIFFERS) for one in played for it in one.values())
    print(f"{PATH.name}: {len(clients)} clients, {differing} cases differ")


main()
