"""The address of a Postgres, as libpq writes it and hosts hand it out, in asyncpg's words.

Knows the words of https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS.
What asyncpg cannot do is refused by name: an option that was silently dropped is one that somebody
relies on.
"""

import random
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import unquote, urlencode

from pegboard.errors import AppError, ErrorKind

VARIABLE: Final = "PEGBOARD_DATABASE_URL"
_PORT: Final = 5432

_LOCATION: Final = r"(?P<hosts>[^/?@]*)(?:/(?P<database>[^?@]*))?(?:\?(?P<query>.*))?"
_URLS: Final = tuple(
    re.compile(
        rf"postgres(?:ql(?:\+\w+)?)?://(?:(?P<user>[^:@/]*)(?::(?P<password>{of_password}))?@)?"
        rf"{_LOCATION}",
        re.DOTALL,
    )
    # A slash in a password should be `%2F`, and libpq insists on it; it is understood where
    # nothing else can be meant.
    for of_password in ("[^@/]*", "[^@]*")
)
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)(?::(?P<port>\d*))?")

_BY_ASYNCPG: Final = frozenset(
    {
        "sslmode",
        "sslcert",
        "sslkey",
        "sslrootcert",
        "sslpassword",
        "sslcrl",
        "sslnegotiation",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "target_session_attrs",
        "krbsrvname",
        "gsslib",
        "passfile",
        "service",
    }
)
"""Words that asyncpg reads from an address as libpq does."""

_BY_US: Final = frozenset(
    {
        "host",
        "port",
        "user",
        "password",
        "dbname",
        "database",
        "servicefile",
        "connect_timeout",
        "application_name",
        "fallback_application_name",
        "options",
        "channel_binding",
        "load_balance_hosts",
        "client_encoding",
        "ssl",
        "requiressl",
    }
)

_WITHOUT_EFFECT: Final = frozenset(
    {
        # The connections of a pool are given up and replaced by us; asyncpg leaves such things to
        # the operating system.
        "keepalives",
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout",
        # Words of other clients, handed out along with a pooler's address. What a pooler does is
        # found out by asking it.
        "pgbouncer",
        "prepared_statement_cache_size",
        "statement_cache_size",
        "supa",
        "uselibpqcompat",
        "workaround",
    }
)

_ONLY: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "gssencmode": frozenset({"disable", "prefer"}),
        "gssdelegation": frozenset({"0"}),
        "sslcompression": frozenset({"0"}),
        "sslsni": frozenset({"1"}),
        "sslcertmode": frozenset({"allow"}),
        "min_protocol_version": frozenset({"3.0"}),
    }
)
"""Words of which asyncpg does one thing only."""

_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class AddressUnusable(AppError):
    """An address that says what cannot be done, found before anything is connected."""

    kind = ErrorKind.INVALID
    code = "database_address_unusable"


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """`url` is the text it was read from; `timeout` is in seconds, None where none is named."""

    url: str = field(repr=False)
    hosts: tuple[tuple[str, int], ...]
    database: str | None
    user: str | None
    password: str | None = field(repr=False)
    timeout: float | None
    unlimited: bool
    at_random: bool
    words: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, str]
    tls: ssl.SSLContext | None
    servicefile: str | None

    @property
    def place(self) -> str:
        """For people: where it is, without credentials."""
        if "service" in self.words and not self.hosts:
            return f"service {self.words['service']}"
        named = [
            "local socket"
            if host.startswith("/")
            else f"[{host}]:{port}"
            if ":" in host
            else f"{host}:{port}"
            for host, port in self.hosts
        ]
        return ", ".join(named) or "local socket"

    def arguments(self) -> dict[str, Any]:
        """What `asyncpg.connect` takes."""
        hosts = list(self.hosts)
        if self.at_random:
            random.shuffle(hosts)
        given: dict[str, Any] = {
            "dsn": f"postgresql://?{urlencode(self.words)}" if self.words else None,
            "host": [host for host, _ in hosts] or None,
            "port": [port for _, port in hosts] or None,
            "user": self.user,
            "password": self.password,
            "database": self.database,
            "ssl": self.tls,
            "timeout": self.timeout,
            "servicefile": self.servicefile,
        }
        named = {name: value for name, value in given.items() if value is not None}
        if self.unlimited:
            named["timeout"] = None
        return {**named, "server_settings": dict(self.settings)}


def read_address(url: str, *, variable: str = VARIABLE) -> DatabaseAddress:
    """Raises AddressUnusable, which never shows a password."""
    try:
        return _read(url)
    except ValueError as error:
        raise AddressUnusable(f"{variable}: {error}") from None


def _read(url: str) -> DatabaseAddress:
    match = next((match for pattern in _URLS if (match := pattern.fullmatch(url))), None)
    if match is None:
        if not re.match(r"postgres(ql(\+\w+)?)?://", url):
            raise ValueError("it must begin with postgresql://")
        raise ValueError(
            "it is not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE?WORD=VALUE; "
            "special characters in a password are percent-encoded (@ is %40)"
        )
    words = _words(match["query"] or "")
    hosts = _hosts(words.pop("host", "") or unquote(match["hosts"]), words.pop("port", ""))
    database = (
        words.pop("dbname", "") or words.pop("database", "") or unquote(match["database"] or "")
    )
    user, password = (unquote(match[name] or "") for name in ("user", "password"))
    timeout = _seconds(words.pop("connect_timeout", ""))
    settings = _settings(words)
    at_random = _one_of("load_balance_hosts", words, ("disable", "random")) == "random"
    tls = _tls(words)
    return DatabaseAddress(
        url=url,
        hosts=hosts,
        database=database or None,
        user=words.pop("user", "") or user or None,
        password=words.pop("password", "") or password or None,
        timeout=timeout or None,
        unlimited=timeout == 0,
        at_random=at_random,
        servicefile=words.pop("servicefile", None),
        words=MappingProxyType(words),
        settings=MappingProxyType(settings),
        tls=tls,
    )


def _words(query: str) -> dict[str, str]:
    """What stands behind `?`: the last of each, without what says nothing or has no effect."""
    words: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, equals, value = (unquote(part) for part in pair.partition("="))
        if not equals:
            raise ValueError(f"{name!r} has no value")
        _require_known(name, value)
        if value and name in _BY_ASYNCPG | _BY_US:
            words[name] = value
    return words


def _require_known(name: str, value: str) -> None:
    if name in _BY_ASYNCPG | _BY_US | _WITHOUT_EFFECT or not value:
        return
    if name in _ONLY:
        if value not in _ONLY[name]:
            only = " or ".join(sorted(_ONLY[name]))
            raise ValueError(f"{name}={value} cannot be done here, only {name}={only}")
        return
    near = get_close_matches(name, _BY_ASYNCPG | _BY_US | _WITHOUT_EFFECT | set(_ONLY), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"{name} is not known here, or cannot be done{hint}")


def _hosts(names: str, ports: str) -> tuple[tuple[str, int], ...]:
    """Of `a:1,b` and such; `ports` are one for all, or one for each."""
    if not names:
        return (("localhost", _port(ports)),) if ports else ()
    parts = names.split(",")
    given = ports.split(",") if ports else [""]
    if len(given) not in {1, len(parts)}:
        raise ValueError(f"{len(given)} ports for {len(parts)} hosts")
    defaults = given * len(parts) if len(given) == 1 else given
    return tuple(_host(part, port) for part, port in zip(parts, defaults, strict=True))


def _host(part: str, port: str) -> tuple[str, int]:
    if part.startswith("/"):
        return part, _port(port)
    match = _HOST.fullmatch(part)
    if match is None:
        raise ValueError("the host is not of the form NAME:PORT (an IPv6 address is in brackets)")
    return match["name"].strip("[]") or "localhost", _port(match["port"] or port)


def _port(text: str) -> int:
    if not text:
        return _PORT
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{text!r} is no port")
    return int(text)


def _seconds(text: str) -> float | None:
    """0 for no limit, None where nothing is said."""
    if not text:
        return None
    try:
        return max(float(int(text)), 0.0)
    except ValueError:
        raise ValueError(f"connect_timeout={text} is no number of seconds") from None


def _settings(words: dict[str, str]) -> dict[str, str]:
    """What Postgres is to set when a session begins."""
    fallback = words.pop("fallback_application_name", "pegboard")
    settings = {"application_name": words.pop("application_name", fallback)}
    if options := words.pop("options", ""):
        settings["options"] = options
    encoding = words.pop("client_encoding", "auto")
    if encoding.lower().replace("-", "") not in {"auto", "utf8"}:
        raise ValueError(f"client_encoding={encoding} cannot be done here, only UTF8")
    return settings


def _one_of(name: str, words: dict[str, str], values: tuple[str, ...]) -> str | None:
    value = words.pop(name, None)
    if value is not None and value not in values:
        raise ValueError(f"{name}={value} is none of {', '.join(values)}")
    return value


def _tls(words: dict[str, str]) -> ssl.SSLContext | None:
    """None where asyncpg makes of the words in `words` what libpq would."""
    other = words.pop("ssl", "")  # asyncpg's own word, and one of other clients
    other = {"true": "require", "1": "require", "false": "disable", "0": "disable"}.get(
        other.lower(), other
    )
    if words.pop("requiressl", "0") == "1":
        other = "require"
    if other and "sslmode" not in words:
        words["sslmode"] = other
    mode = words.get("sslmode", "prefer")
    if mode not in _MODES:
        raise ValueError(f"sslmode={mode} is none of {', '.join(_MODES)}")
    binding = _one_of("channel_binding", words, ("disable", "prefer", "require"))
    if binding == "require":
        # A channel is bound to keep a third party from standing in between. asyncpg cannot, and
        # a certificate that is checked against its host does the same: see docs/decisions.
        if _MODES.index(mode) < _MODES.index("require") and "sslmode" in words:
            raise ValueError(f"channel_binding=require cannot be had with sslmode={mode}")
        words["sslmode"] = mode = "verify-full"
        words.setdefault("sslrootcert", "system")
    if words.get("sslrootcert") != "system":
        return None
    if mode != "verify-full" and "sslmode" in words:
        raise ValueError(f"sslrootcert=system cannot be had with sslmode={mode}, only verify-full")
    return _of_this_system(words)


def _of_this_system(words: dict[str, str]) -> ssl.SSLContext:
    """Checks against the authorities that this machine trusts, which asyncpg has no word for."""
    context = ssl.create_default_context()
    for name in ("sslmode", "sslrootcert"):
        words.pop(name, None)
    certificate, key = words.pop("sslcert", None), words.pop("sslkey", None)
    password = words.pop("sslpassword", "")
    if certificate is not None:
        try:
            context.load_cert_chain(certificate, key, lambda: password)
        except OSError as error:
            raise ValueError(f"sslcert={certificate} cannot be read: {error.strerror}") from None
    for name in ("sslcrl", "ssl_min_protocol_version", "ssl_max_protocol_version"):
        if name in words:
            raise ValueError(f"{name} cannot be had together with sslrootcert=system")
    if words.get("sslnegotiation") == "direct":
        context.set_alpn_protocols(["postgresql"])
    return context
