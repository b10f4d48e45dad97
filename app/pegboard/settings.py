"""Typed settings, read once from the environment. Read here only; values are passed on."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Auth(StrEnum):
    OPEN = "open"
    KEYS = "keys"


class SandboxMode(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    OFF = "off"


class ModelPath(StrEnum):
    AUTO = "auto"
    LITELLM = "litellm"


Words = Annotated[tuple[str, ...], NoDecode]


class CodeInterpreter(StrEnum):
    REFUSE = "refuse"
    DROP = "drop"


class Settings(BaseSettings):
    """Every setting of the server. `.env.example` explains each for its reader."""

    model_config = SettingsConfigDict(env_prefix="PEGBOARD_", env_ignore_empty=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=128)
    grace_seconds: float = Field(default=10, ge=0, le=3600)
    max_connections: int = Field(default=0, ge=0, le=65_536)
    max_connections_per_address: int = Field(default=0, ge=0, le=65_536)
    # uvicorn's own variable, which is known from its documentation.
    trusted_proxies: str = Field(default="127.0.0.1,::1", validation_alias="FORWARDED_ALLOW_IPS")
    header_seconds: float = Field(default=10, gt=0)
    body_seconds: float = Field(default=30, gt=0)
    slow_reader_seconds: float = Field(default=60, gt=0)
    data_dir: Path | None = None
    database_url: SecretStr | None = None
    database_direct_url: SecretStr | None = None
    database_pool: int = Field(default=10, ge=1, le=200)
    postgres_bin: Path | None = None

    request_slots: int = Field(default=8, ge=1, le=1000)
    request_slots_per_tenant: int = Field(default=4, ge=1, le=1000)
    request_slots_in_company: int = Field(default=1, ge=1, le=1000)
    waiting_requests_per_tenant: int = Field(default=1000, ge=1)
    runs_per_tenant: int = Field(default=1000, ge=1)

    auth: Auth | None = None
    allow_open: bool = False
    bootstrap_key: SecretStr | None = None
    import_key: SecretStr | None = None
    allowed_hosts: Words = ()
    cors_origins: Words = ()

    sandbox: SandboxMode = SandboxMode.AUTO
    default_provider: str = "openai"
    default_model: str = "gpt-4o"
    code_interpreter: CodeInterpreter = CodeInterpreter.REFUSE
    memory_provider: str | None = None
    memory_model: str | None = None
    model_timeout: float = Field(default=120, gt=0)
    keepalive: float = Field(default=10, gt=0)
    max_streams: int = Field(default=3000, ge=1)
    max_streams_per_tenant: int = Field(default=1000, ge=1)
    idempotency_hours: float = Field(default=24, gt=0)
    idempotency_patience: float = Field(default=25, ge=0)
    model_retries: int = Field(default=2, ge=0, le=10)
    model_path: ModelPath = ModelPath.AUTO
    model_connect_timeout: float = Field(default=10, gt=0)
    model_first_byte_timeout: float | None = Field(default=None, gt=0)
    model_connections: int = Field(default=1000, ge=1)

    searxng_url: str | None = None

    blobs_bucket: str | None = None
    blobs_prefix: str = "pegboard/"
    document_patience: float = Field(default=30, ge=0)
    jobs: bool = True
    jobs_at_once: int = Field(default=16, ge=1, le=1000)
    jobs_per_tenant: int = Field(default=3, ge=1, le=1000)
    readers: int = Field(default=3, ge=1, le=100)
    readers_per_tenant: int = Field(default=2, ge=1, le=100)
    max_pending_documents: int = Field(default=10_000, ge=1)
    rescue: Literal["resume", "fail"] = "resume"
    event_hours: float = Field(default=24, ge=0)
    max_body: int = Field(default=10 * 1024 * 1024, ge=1024)
    max_upload: int = Field(default=50 * 1024 * 1024, ge=1024)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"
    log_content: bool = False
    traces: Literal["off", "otlp"] | None = None

    @field_validator("allowed_hosts", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(word.strip() for word in value.split(",") if word.strip())
        return value

    @field_validator("searxng_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError("must be the address of a SearXNG, such as http://searxng:8080")
        return value
