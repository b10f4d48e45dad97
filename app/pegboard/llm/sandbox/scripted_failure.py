"""A status named in a script in, the failure that a provider's answer of that status would be."""

from dataclasses import dataclass

from pegboard.llm.failures import (
    ModelFailure,
    ModelNotFound,
    PromptRejected,
    ProviderRefusedKey,
    ProviderUnavailable,
    RateLimited,
)

_BY_STATUS: dict[int, type[ModelFailure]] = {
    400: PromptRejected,
    401: ProviderRefusedKey,
    403: ProviderRefusedKey,
    404: ModelNotFound,
    413: PromptRejected,
    422: PromptRejected,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True)
class ScriptedFailure:
    """Fail after so many pieces; 0 is before the first."""

    status: int
    message: str | None = None
    after: int = 0
    retry_after: float | None = None

    def raised(self) -> ModelFailure:
        failure = _BY_STATUS.get(self.status, ProviderUnavailable)
        message = self.message or f"The sandbox was told to fail with status {self.status}."
        return failure(message, retry_after=self.retry_after)
