"""Which web pages may call an API, by the operator's word alone."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from pegboard.api.http.api_rules import ApiRules
from pegboard.api.http.numbered_frames import OFFSET_HEADER, RUN_HEADER


def cors(rules: ApiRules, *, headers: Sequence[str]) -> list[Middleware]:
    """Nothing where no origin is named."""
    if not rules.origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(rules.origins),
            allow_methods=["*"],
            allow_headers=list(headers),
            expose_headers=[
                "Idempotency-Replayed",
                "Retry-After",
                "X-Request-Id",
                RUN_HEADER,
                OFFSET_HEADER,
            ],
        )
    ]
