"""Note what was used. Nothing is noted of a call that used nothing."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from pegboard import clock
from pegboard.identifiers import new_id
from pegboard.llm.gateway import ModelName, Usage
from pegboard.tenants.scope import Scope
from pegboard.usage.tables import Purpose

INSERT: Final = """
    INSERT INTO usage_records (id, tenant_id, created_at, purpose, subject_id, key_id, provider,
                               model, input_tokens, output_tokens, cached_input_tokens,
                               cache_write_input_tokens, cost_usd)
    SELECT :usage_id, :tenant_id, CAST(:used_at AS timestamptz), :purpose, :subject_id,
           CAST(:used_key AS uuid), :used_provider, :used_model, :used_input, :used_output,
           :used_cached, :used_written, CAST(:used_cost AS numeric)
    WHERE CAST(:used_input AS bigint) + CAST(:used_output AS bigint) > 0
"""
"""For a statement that writes more than this, with `parameters`."""

ONCE: Final = "ON CONFLICT (id) DO NOTHING"

_INSERT_ALONE: Final = text(INSERT + ONCE)


def parameters(
    tenant_id: UUID,
    *,
    usage_id: UUID,
    purpose: Purpose,
    subject_id: UUID,
    key_id: UUID | None,
    model: ModelName,
    used: Usage,
) -> dict[str, Any]:
    """What INSERT refers to; `subject_id` is the run, completion or memory operation."""
    return {
        "usage_id": usage_id,
        "tenant_id": tenant_id,
        "used_at": clock.now(),
        "purpose": purpose,
        "subject_id": subject_id,
        "used_key": key_id,
        "used_provider": model.provider,
        "used_model": model.name,
        "used_input": used.input_tokens,
        "used_output": used.output_tokens,
        "used_cached": used.cached_input_tokens,
        "used_written": used.cache_write_input_tokens,
        "used_cost": used.cost_usd,
    }


async def record(
    scope: Scope,
    *,
    purpose: Purpose,
    subject_id: UUID,
    key_id: UUID | None,
    model: ModelName,
    used: Usage,
    usage_id: UUID | None = None,
) -> None:
    """Note a use; one that is noted under the same id already stays as it is."""
    row = parameters(
        scope.tenant_id,
        usage_id=usage_id or new_id(),
        purpose=purpose,
        subject_id=subject_id,
        key_id=key_id,
        model=model,
        used=used,
    )
    await scope.session.execute(_INSERT_ALONE, row)
