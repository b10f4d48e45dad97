"""A page that shows a door's API and works with the network unplugged.

Swagger UI's files come with the package `fastapi-offline`; FastAPI's own page wants a CDN.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

PATHS: Final = frozenset({"/docs", "/docs-assets"})


def install(app: FastAPI) -> None:
    """Serve `/docs` on this application."""
    assets = _assets()

    async def page(request: Request) -> HTMLResponse:
        root = request.scope.get("root_path", "")
        return get_swagger_ui_html(
            openapi_url=f"{root}{app.openapi_url}",
            title=app.title,
            swagger_js_url=f"{root}/docs-assets/swagger-ui-bundle.js",
            swagger_css_url=f"{root}/docs-assets/swagger-ui.css",
            swagger_favicon_url=f"{root}/docs-assets/favicon.png",
        )

    app.add_route("/docs", page, include_in_schema=False)
    app.mount("/docs-assets", StaticFiles(directory=assets))


def _assets() -> Path:
    package = find_spec("fastapi_offline")
    if package is None or package.origin is None:
        raise RuntimeError("the package fastapi-offline is not installed")
    return Path(package.origin).parent / "static"
