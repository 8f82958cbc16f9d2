"""Who is signed in, for how long, and how that is made longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rushcart_client.errors import SessionExpired

_MARGIN = 30.0
"""Seconds before its end from which on an access token is not used any more; of a short one, the last quarter."""


@dataclass(frozen=True, slots=True)
class Session:
    """To be kept as secret as a password. ``refresh_token`` is good for one renewal."""

    access_token: str
    access_token_expires_at: datetime
    refresh_token: str

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Session":
        """Read a ``Session`` of the schema."""
        ends = datetime.fromisoformat(told["accessTokenExpiresAt"])
        return cls(told["accessToken"], ends, told["refreshToken"])


@dataclass(slots=True)
class Renewing:
    """The session that is used, renewed before it ends and when the server says it has: once for all who wait.

    ``renew`` exchanges a refresh token and begins the session that comes of it; ``changed`` is told of its end.
    """

    renew: Callable[[str], Awaitable[None]]
    changed: Callable[[Session | None], None]
    session: Session | None = None
    _renew_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def use(self, session: Session | None, now: datetime | None = None) -> None:
        """``now``: what the server's clock says; this machine's may be wrong."""
        self.session = session
        if session is not None:
            left = (session.access_token_expires_at - (now or datetime.now(UTC))).total_seconds()
            self._renew_at = time.monotonic() + left - min(_MARGIN, left / 4)

    async def token(self, *, besides: str | None = None) -> str | None:
        """Returns an access token that is good for a while, and is not ``besides``; None when nobody is signed in.

        Errors: SessionExpired, Unreachable.
        """
        found = self.session
        if found is None:
            return None
        if found.access_token != besides and time.monotonic() < self._renew_at:
            return found.access_token
        async with self._lock:
            # Whoever had the lock before has renewed it, or nobody is signed in any more.
            if self.session is found:
                await self._exchange(found)
        return None if self.session is None else self.session.access_token

    async def _exchange(self, old: Session) -> None:
        try:
            await self.renew(old.refresh_token)
        except SessionExpired:
            self.use(None)
            self.changed(None)
            raise
