"""What requests need of the process; empty until the server has started."""

from dataclasses import dataclass

from infra.runtime import Infra
from services.user.tokens import AccessTokens


@dataclass(frozen=True, slots=True)
class Running:
    infra: Infra
    tokens: AccessTokens


class Runtime:
    """Filled by the app's lifespan."""

    def __init__(self, running: Running | None = None) -> None:
        self._running = running

    def start(self, infra: Infra) -> None:
        """Errors: BadSigningKey."""
        self._running = Running(infra, AccessTokens.from_settings(infra.settings, infra.now))

    @property
    def running(self) -> Running:
        if self._running is None:
            raise RuntimeError("the app has not been started: its lifespan was not entered")
        return self._running
