"""Where sessions are begun, refreshed and ended, on a clock of its own."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, update

from infra.clock import utc_now
from infra.runtime import Infra
from models import RefreshSession, User
from services.session.access_tokens import AccessTokens
from services.session.list_sessions import list_sessions
from services.session.refresh_session import refresh_session
from services.session.token_pair import TokenPair
from services.shared.client import Client
from services.shared.errors import SessionExpired
from services.user.register import sign_up

GRACE = 5.0


@dataclass
class Clock:
    now: datetime = field(default_factory=utc_now)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Desk:
    """Two servers on the same stores, and what a client does there."""

    servers: tuple[Infra, Infra]
    tokens: AccessTokens
    clock: Clock

    @property
    def infra(self) -> Infra:
        return self.servers[0]

    async def sign_up(self, device: str = "") -> tuple[User, TokenPair]:
        signed_in = await sign_up(
            self.infra,
            self.tokens,
            email=f"{uuid4().hex[:12]}@example.com",
            password="correct horse battery",
            display_name="Ada",
            client=Client("203.0.113.7", device),
        )
        return signed_in.user, signed_in.tokens

    async def refresh(self, token: str, server: int = 0) -> TokenPair | None:
        try:
            client = Client("203.0.113.8", "Chrome")
            return (await refresh_session(self.servers[server], self.tokens, token, client)).tokens
        except SessionExpired:
            return None

    async def race(self, token: str, racers: int) -> list[TokenPair | None]:
        return await asyncio.gather(*(self.refresh(token, racer % 2) for racer in range(racers)))

    def is_refused(self, pair: TokenPair) -> bool:
        """By the server at least that ended the session; the other one would hear of it."""
        viewer = self.tokens.verify(pair.access_token)
        return any(
            server.revocations.cover(viewer.user_id, viewer.session_id, viewer.issued_at)
            for server in self.servers
        )

    async def rows(self, user: User) -> list[RefreshSession]:
        async with self.infra.database.read() as session:
            return list(await session.scalars(select(RefreshSession).where(RefreshSession.user_id == user.id)))

    async def live(self, user: User) -> int:
        return len((await list_sessions(self.infra, [user.id])).get(user.id, ()))

    async def change(self, user: User, **values: Any) -> None:
        async with self.infra.database.write() as session:
            await session.execute(update(User).where(User.id == user.id).values(**values))
