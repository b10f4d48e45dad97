"""Middleware: a write that comes with `Idempotency-Key` is carried out once.

Innermost of an API's, so that the endpoint's answer is kept as it is, before it is translated for
older clients. A request without the header passes at the cost of one look at its headers.
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pegboard.api.http.asgi import Refuse
from pegboard.api.http.request_bodies import ClientLeft, RequestBody, read_body
from pegboard.db.availability import unavailability
from pegboard.errors import NO_ROOM, AppError, is_full
from pegboard.idempotency.attempts import LARGEST_KEPT, Answer, Attempt, Made, current
from pegboard.idempotency.errors import AnswerLost, InvalidKey
from pegboard.idempotency.ledger import KeyedRequest, Ledger

_HEADER: Final = b"idempotency-key"
_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_LONGEST_KEY: Final = 255
_REPLAYED: Final = (b"idempotency-replayed", b"true")
_NOT_KEPT: Final = frozenset({b"content-length"})
_TOO_MANY: Final = 429

Find: TypeAlias = Callable[[str, Sequence[Made], RequestBody], Awaitable[str | None]]

log = structlog.get_logger("pegboard.idempotency")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an API speaks of requests with keys.

    `find` knows where a lost answer can be read again: the path below the API of the one object
    that a request to this path has made, None where there is no such thing.
    """

    api: str
    error_response: Callable[[AppError], Response]
    refuse: Refuse
    name: Callable[[Made], str | None]
    find: Find


class IdempotencyMiddleware:
    def __init__(self, app: ASGIApp, *, ledger: Ledger, dialect: Dialect) -> None:
        self._app = app
        self._ledger = ledger
        self._dialect = dialect

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in _WRITES:
            await self._app(scope, receive, send)
            return
        keys = [value for name, value in scope["headers"] if name == _HEADER]
        tenant_id = scope.get("state", {}).get("tenant_id") if keys else None
        if tenant_id is None:
            await self._app(scope, receive, send)
            return
        try:
            key = _checked(keys)
            async with read_body(Headers(scope=scope), receive) as body:
                request = _keyed_request(tenant_id, self._dialect.api, key, scope, body)
                await self._once(request, scope, body, send)
        except AppError as error:
            await self._dialect.error_response(error)(scope, receive, send)
        except HTTPException as error:  # of reading: those of endpoints are answered further in
            await self._dialect.refuse(error.status_code, str(error.detail))(scope, receive, send)
        except OSError as error:  # likewise
            if not is_full(error):
                raise
            log.error("disk_full", error=str(error))
            await self._dialect.refuse(503, NO_ROOM)(scope, receive, send)
        except ClientLeft:
            return

    async def _once(
        self, request: KeyedRequest, scope: Scope, body: RequestBody, send: Send
    ) -> None:
        try:
            begun = await self._ledger.begin(request)
        except AnswerLost as lost:
            begun = await self._read_again(request, lost, scope, body)
        except Exception as error:
            known = unavailability(error)
            if known is None:
                raise
            await self._dialect.error_response(known)(scope, body.receive, send)
            return
        if isinstance(begun, Answer):
            await _replay(begun, send)
        else:
            await self._carry_out(begun, scope, body, send)

    async def _carry_out(
        self, attempt: Attempt, scope: Scope, body: RequestBody, send: Send
    ) -> None:
        recorder = _Recorder(send, lambda answer: self._settle(attempt, answer))
        try:
            with current(attempt):
                await self._app(scope, body.receive, recorder.send)
        finally:
            if not recorder.finished:
                await self._ledger.abort(attempt)

    async def _settle(self, attempt: Attempt, answer: Answer) -> None:
        """Write down how it went, before the client gets the end of it."""
        try:
            if answer.status < 400:
                await self._ledger.complete(attempt, answer)
            elif attempt.failed_visibly and _may_be_repeated(answer.status):
                await self._ledger.begin_anew(attempt)
            elif _may_be_repeated(answer.status):
                await self._ledger.abort(attempt)
            else:
                await self._ledger.refuse(attempt, answer)
        except Exception as error:  # what was done is done, and the client is to know
            log.warning("answer_not_kept", error=type(error).__name__)
        finally:
            self._ledger.release(attempt)

    async def _read_again(
        self, request: KeyedRequest, lost: AnswerLost, scope: Scope, body: RequestBody
    ) -> Answer:
        """What a lost answer held, as it is now. Raises AnswerLost where that cannot be known."""
        root = scope.get("root_path", "")
        path = await self._dialect.find(scope["path"].removeprefix(root), lost.made, body)
        answer = None if path is None else await self._get(root + path, scope)
        if answer is None or answer.body is None:
            names_made = [self._dialect.name(one) for one in lost.made]
            names = [name for name in names_made if name is not None]
            raise AnswerLost(lost.made, too_large=lost.too_large, names=names)
        await self._ledger.recover(request, answer)
        return answer

    async def _get(self, path: str, scope: Scope) -> Answer | None:
        get = {**scope, "method": "GET", "path": path, "raw_path": path.encode()}
        get["query_string"] = b""
        answers: list[Answer] = []

        async def note(answer: Answer) -> None:
            answers.append(answer)

        await self._app(get, _nothing, _Recorder(_nowhere, note).send)
        return answers[0] if answers and answers[0].status == 200 else None


class _Recorder:
    """Passes an answer on as it comes, all but its end, which waits until `settle` is done."""

    def __init__(self, send: Send, settle: Callable[[Answer], Awaitable[None]]) -> None:
        self._send = send
        self._settle = settle
        self._start: Message = {}
        self._started = False
        self._body = bytearray()
        self._fits = True
        self.finished = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            kind = Headers(raw=message["headers"]).get("content-type", "")
            if kind.startswith("text/event-stream"):
                self._started = True
                await self._send(message)
            return
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        self._note(message.get("body", b""))
        if not message.get("more_body"):
            self.finished = True
            await self._settle(self._answer())
        if not self._started:
            self._started = True
            await self._send(self._start)
        await self._send(message)

    def _note(self, piece: bytes) -> None:
        self._fits = self._fits and len(self._body) + len(piece) <= LARGEST_KEPT
        if self._fits:
            self._body += piece
        else:
            self._body.clear()

    def _answer(self) -> Answer:
        body = bytes(self._body) if self._fits else None
        return Answer(self._start["status"], kept_headers(self._start["headers"]), body)


def kept_headers(raw: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in raw
        if name.lower() not in _NOT_KEPT
    )


async def _replay(answer: Answer, send: Send) -> None:
    body = answer.body or b""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    if answer.status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    start = {"type": "http.response.start", "status": answer.status}
    await send({**start, "headers": [*headers, _REPLAYED]})
    await send({"type": "http.response.body", "body": body})


def _checked(keys: Sequence[bytes]) -> bytes:
    key = keys[0]
    visible = all(0x21 <= character <= 0x7E for character in key)
    if len(keys) > 1 or not 1 <= len(key) <= _LONGEST_KEY or not visible:
        raise InvalidKey(
            f"Idempotency-Key must be one text of 1 to {_LONGEST_KEY} visible ASCII characters"
        )
    return key


def _keyed_request(
    tenant_id: UUID, api: str, key: bytes, scope: Scope, body: RequestBody
) -> KeyedRequest:
    kind = Headers(scope=scope).get("content-type", "").split(";")[0].strip().lower()
    parts = (
        scope["method"].encode(),
        scope["path"].encode(),
        scope.get("query_string", b""),
        kind.encode(),
        body.digest,
    )
    fingerprint = hashlib.sha256()
    for part in parts:
        fingerprint.update(len(part).to_bytes(8, "big") + part)
    key_hash = hashlib.sha256(api.encode() + b"\n" + key).digest()
    return KeyedRequest(tenant_id, key_hash, fingerprint.digest())


def _may_be_repeated(status: int) -> bool:
    return status >= 500 or status == _TOO_MANY


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _nowhere(message: Message) -> None:
    pass
