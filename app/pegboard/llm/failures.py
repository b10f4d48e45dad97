"""What can go wrong with a model, in our words; gateways translate into these."""

from pegboard.errors import AppError, ErrorKind


class ModelFailure(AppError):
    """The provider could not answer. `retry_after` is in seconds, where it said."""

    kind = ErrorKind.PROVIDER_FAILED
    code = "server_error"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderUnavailable(ModelFailure):
    """Unreachable, timed out, or answered with a 5xx."""

    code = "provider_unavailable"


class ProviderTimedOut(ProviderUnavailable):
    """Was silent for as long as this server waits."""


class ProviderRefusedKey(ModelFailure):
    """The provider does not accept the server's credentials; nothing the caller can mend."""

    code = "provider_refused_key"


class ProviderNotConfigured(ModelFailure):
    """No credentials for this provider on this server."""

    kind = ErrorKind.INVALID
    code = "provider_not_configured"


class RateLimited(ModelFailure):
    """The provider asks for a pause, or its quota is used up."""

    kind = ErrorKind.EXHAUSTED
    code = "rate_limit_exceeded"


class ModelNotFound(ModelFailure):
    kind = ErrorKind.INVALID
    code = "model_not_found"


class PromptRejected(ModelFailure):
    """The provider calls the request malformed, too long, or against its policy."""

    kind = ErrorKind.INVALID
    code = "invalid_prompt"


class ContextTooLong(PromptRejected):
    code = "context_length_exceeded"


class StreamCutOff(ModelFailure):
    """The answer ended without a finish reason; what arrived is not the whole."""

    code = "stream_cut_off"
