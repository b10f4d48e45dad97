"""A page that shows an API's reference and works with the network unplugged.

Swagger UI's files come with the package `fastapi-offline`; FastAPI's own page wants a CDN.
"""

import base64
import hashlib
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from pegboard.api.http.protection import POLICY

OPEN_PATHS: Final = frozenset({"/openapi.json", "/docs", "/docs-assets"})
"""Where no key is asked for: the same for everyone, and nothing of anyone."""

_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def install(app: FastAPI) -> None:
    """Serve `/docs` on this application."""
    assets = _assets()

    async def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        shown = get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=app.title,
            swagger_js_url=f"{root}/docs-assets/swagger-ui-bundle.js",
            swagger_css_url=f"{root}/docs-assets/swagger-ui.css",
            swagger_favicon_url=f"{root}/docs-assets/favicon.png",
        )
        shown.headers[POLICY] = _policy(bytes(shown.body).decode())
        return shown

    app.add_route("/docs", page, include_in_schema=False)
    app.mount("/docs-assets", StaticFiles(directory=assets))


def _policy(html: str) -> str:
    """Our own files, the one script that stands in the page, and calls to this server."""
    scripts = " ".join(f"'sha256-{_digest(script)}'" for script in _INLINE_SCRIPT.findall(html))
    return (
        f"default-src 'none'; script-src 'self' {scripts}; style-src 'self'; "
        "img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _assets() -> Path:
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise RuntimeError("the package fastapi-offline is not installed")
    return Path(package.origin).parent / "static"
