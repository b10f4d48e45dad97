"""Addresses of Postgres as their hosts hand them out, and what cannot be taken of them."""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy.engine import make_url

from pegboard.db.address import AddressUnusable, read_address
from tests.conftest import StartServer
from tests.support.certificate import tls_for
from tests.support.deadlines import patience
from tests.support.postgres import empty_database, query
from tests.support.program import pegboard
from tests.support.tls_proxy import tls_in_front_of

NEON = "ep-cool-darkness-123456-pooler.us-east-2.aws.neon.tech"


@pytest.mark.parametrize(
    ("url", "place", "database"),
    [
        (f"postgresql://alex:AbC123@{NEON}/neondb?sslmode=require", f"{NEON}:5432", "neondb"),
        (
            f"postgres://alex:AbC123@{NEON}/neondb?sslmode=require&channel_binding=require"
            "&options=endpoint%3Dep-cool-darkness-123456",
            f"{NEON}:5432",
            "neondb",
        ),
        (
            "postgresql://postgres.abcd:p%40ss@aws-0-eu-central-1.pooler.supabase.com:6543/postgres"
            "?sslmode=require&supa=base-pooler.x&pgbouncer=true",
            "aws-0-eu-central-1.pooler.supabase.com:6543",
            "postgres",
        ),
        (
            "postgres://u:p@dpg-x-a.frankfurt-postgres.render.com/db",
            "dpg-x-a.frankfurt-postgres.render.com:5432",
            "db",
        ),
        (
            "postgresql://u:p@db.x.eu-west-1.rds.amazonaws.com:5432/app?sslmode=allow"
            "&keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3"
            "&tcp_user_timeout=1000&connect_timeout=10&application_name=pb&gssencmode=disable",
            "db.x.eu-west-1.rds.amazonaws.com:5432",
            "app",
        ),
        (
            "postgresql://u:p@one:5433,two,[::1]:5435/db?target_session_attrs=read-write"
            "&load_balance_hosts=random",
            "one:5433, two:5432, [::1]:5435",
            "db",
        ),
        ("postgresql://u:p@/db?host=one,two&port=1,2", "one:1, two:2", "db"),
        ("postgresql:///db?host=/run/postgresql&user=u&password=p", "local socket", "db"),
        ("postgresql://%2Frun%2Fpostgresql/db", "local socket", "db"),
        ("postgresql+psycopg2://u:p@h/db?client_encoding=utf8", "h:5432", "db"),
        ("postgresql://u:a/b#c:d@h:1/db", "h:1", "db"),
        ("postgresql://?service=mine", "service mine", None),
    ],
)
def test_an_address_is_read_as_libpq_reads_it(url: str, place: str, database: str | None) -> None:
    address = read_address(url)
    assert (address.place, address.database) == (place, database)


@pytest.mark.parametrize(
    ("query_string", "says"),
    [
        ("sslmod=require", "did you mean sslmode?"),
        ("sslmode=always", "sslmode=always is none of"),
        ("sslmode=disable&channel_binding=require", "channel_binding=require"),
        ("sslmode=verify-ca&sslrootcert=system", "only verify-full"),
        ("connect_timeout=soon", "connect_timeout=soon"),
        ("target_session_attrs", "'target_session_attrs' has no value"),
        ("client_encoding=latin1", "only UTF8"),
        ("replication=database", "replication"),
        ("hostaddr=10.0.0.1", "hostaddr"),
        ("require_auth=scram-sha-256", "require_auth"),
        ("gssencmode=require", "gssencmode=require"),
        ("connection_limit=1", "connection_limit"),
        ("port=70000", "'70000' is no port"),
        ("sslrootcert=system&sslcert=/nowhere/it.crt", "/nowhere/it.crt"),
    ],
)
def test_what_cannot_be_taken_is_named(query_string: str, says: str) -> None:
    with pytest.raises(AddressUnusable) as refused:
        read_address(f"postgresql://u:hush@h/db?{query_string}")
    assert says in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    "command",
    [
        ("serve", "--port", "0"),
        ("serve", "--port", "0", "--workers", "2"),
        ("worker",),
        ("migrate",),
        ("doctor",),
        ("backup", "nowhere"),
        ("restore", "nowhere"),
        ("keys", "list"),
        ("runs", "stuck"),
        ("import", "openai", "nowhere", "--tenant", "00000000-0000-4000-8000-000000000000"),
    ],
)
def test_every_command_tells_it_in_one_line(command: tuple[str, ...]) -> None:
    wrong = "postgresql://u:hush@127.0.0.1:1/db?sslmod=require"
    refused = pegboard(*command, PEGBOARD_DATABASE_URL=wrong)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        "pegboard: PEGBOARD_DATABASE_URL: sslmod is not known here, or cannot be done; did you "
        "mean sslmode?\n"
    )


def test_a_certificate_is_asked_for_and_checked_on_every_connection(
    start: StartServer, postgres_url: str, tmp_path: Path
) -> None:
    url = make_url(empty_database(postgres_url))
    context, _ = tls_for("localhost", folder=tmp_path)
    credentials = f"{url.username}:{quote(url.password or '', safe='')}"
    with tls_in_front_of(postgres_url, context) as port:
        there = f"postgresql://{credentials}@localhost:{port}/{url.database}"
        words = (
            f"sslmode=verify-full&sslrootcert={tmp_path}/certificate.pem&connect_timeout=30"
            "&application_name=from%20afar&options=-c%20statement_timeout%3D61s"
        )
        server = start(PEGBOARD_DATABASE_URL=f"{there}?{words}")
        with server.client("k") as client:
            assert client.post("/assistants", json={"name": "Ada"}).status_code == 200
        assert httpx.get(f"{server.url}/readyz", timeout=patience(60)).json() == {"ready": True}
        seen = query(
            url.render_as_string(hide_password=False),
            "SELECT DISTINCT application_name FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database()",
        )
        assert seen == [("from afar",)]
        copied = pegboard(
            "backup", str(tmp_path / "copy"), PEGBOARD_DATABASE_URL=f"{there}?sslmode=require"
        )
        assert copied.returncode == 0, copied.stderr
        for words, says in (
            ("sslmode=disable", "cannot be opened"),
            ("sslmode=require&channel_binding=require", "certificate verify failed"),
            (f"sslmode=verify-ca&sslrootcert={tmp_path}/none.pem", "cannot be opened"),
        ):
            failed = pegboard("migrate", PEGBOARD_DATABASE_URL=f"{there}?{words}")
            assert failed.returncode == 1
            assert says in failed.stderr
            assert failed.stderr.count("\n") == 1
        assert server.stop() == 0
