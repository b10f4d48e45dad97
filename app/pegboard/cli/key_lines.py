"""A stored key as a line of `pegboard keys list`."""

from pegboard.tenants.keys import state_of
from pegboard.tenants.tables import ApiKey


def line(key: ApiKey) -> str:
    """What may be shown of a key: its id first, its name (which may hold spaces) last."""
    used = f"{key.last_used_at:%Y-%m-%dT%H:%MZ}" if key.last_used_at else "never"
    ends = f"{key.expires_at:%Y-%m-%dT%H:%MZ}" if key.expires_at else "never"
    limits = {
        "requests/min": key.requests_per_minute,
        "runs": key.concurrent_runs,
        "tokens/day": key.tokens_per_day,
    }
    limited = ", ".join(f"{most} {what}" for what, most in limits.items() if most is not None)
    parts = (
        str(key.id),
        f"{key.prefix}…",
        f"{state_of(key):8}",
        f"{key.created_at:%Y-%m-%d}",
        f"used {used}",
        f"expires {ends}",
        f"scopes {','.join(key.permissions)}",
        f"limits {limited or 'none'}",
        f"tenant {key.tenant_id}",
        "".join(char for char in key.name if char.isprintable()),
    )
    return "  ".join(parts).rstrip()
