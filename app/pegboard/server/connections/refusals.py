"""Errors of a connection, before there is an application to word them: bytes of HTTP/1.1."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any


def refusal(
    status: HTTPStatus,
    text: str,
    *,
    path: str | None = None,
    retry_after: int | None = None,
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A whole answer, the last of its connection.

    In the dialect of the path; in both where it is not known yet.
    """
    body = json.dumps(_body(status, text, path), separators=(",", ":")).encode()
    lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    if retry_after is not None:
        lines.append(f"retry-after: {retry_after}".encode())
    lines.append(b"content-type: application/json")
    lines.append(f"content-length: {len(body)}".encode())
    lines.append(b"connection: close")
    return b"\r\n".join([*lines, b"", body])


def _body(status: HTTPStatus, text: str, path: str | None) -> dict[str, Any]:
    kind = "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    openai = {"error": {"message": text, "type": kind, "param": None, "code": None}}
    if path is None:
        return {"detail": text, **openai}
    return openai if path.startswith("/v1/") else {"detail": text}
