"""The service tokens that this process has seen: verified once, then remembered for a while.

What is remembered is a hash and a viewer. A revocation reaches every process by the same way as that of a session;
were it lost with the process that told it, the token would be looked up again a minute later.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from infra.database import Database
from infra.runtime import Infra
from models import ServiceToken
from models.enums import Scope
from services.shared.client import Client
from services.shared.viewer import Viewer
from services.token.count_wrong_token import count_wrong_token, forgive_token
from services.token.create_token import LENGTH, PREFIX, digest

_REMEMBERED = timedelta(seconds=60)
_NOT_FOUND = timedelta(seconds=5)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class _Known:
    viewer: Viewer | None
    until: float


class KnownTokens:
    """One a process."""

    def __init__(self, infra: Infra) -> None:
        self._infra = infra
        self._known: OrderedDict[str, _Known] = OrderedDict()

    async def find(self, token: str, client: Client) -> Viewer | None:
        """Returns who sends the token; None for one that is not valid. A dictionary look-up for one that was seen
        lately; the others are counted for the address, and found not to be wrong.

        Errors: RateLimited, before the database is asked; StoreUnavailable.
        """
        if not token.startswith(PREFIX) or len(token) != LENGTH or not token.isascii():
            await count_wrong_token(self._infra, client)
            return None
        key, now = digest(token), self._infra.now()
        known = self._known.get(key)
        is_fresh = known is not None and known.until > now.timestamp()
        if known is None or known.viewer is None or not is_fresh:
            await count_wrong_token(self._infra, client)
        if known is None or not is_fresh:
            known = await self._look_up(key)
            if known.viewer is not None:
                await forgive_token(self._infra, client)
        viewer = known.viewer
        return viewer if viewer is None or viewer.expires_at > now else None

    async def _look_up(self, key: str) -> _Known:
        viewer = await self._load(key)
        lasts = _NOT_FOUND if viewer is None else _REMEMBERED
        known = self._known[key] = _Known(viewer, (self._infra.now() + lasts).timestamp())
        self._known.move_to_end(key)
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return known

    async def _load(self, key: str) -> Viewer | None:
        infra, now = self._infra, self._infra.now()
        async with infra.database.read() as session:
            statement = select(ServiceToken).where(ServiceToken.token_hash == key)
            row = await session.scalar(statement)
        if row is None or row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= now):
            return None
        await _note_use(infra.database, row, infra)
        return _viewer(row)


def _viewer(row: ServiceToken) -> Viewer:
    scopes = frozenset(Scope(name) for name in row.scopes if name in Scope.__members__)
    expires_at = row.expires_at or datetime.max.replace(tzinfo=UTC)
    issued = row.created_at.timestamp()
    return Viewer(row.id, frozenset(), expires_at, session_id=row.id, issued_at=issued, scopes=scopes)


async def _note_use(database: Database, row: ServiceToken, infra: Infra) -> None:
    now = infra.now()
    if row.last_used_at is not None and now - row.last_used_at < _REMEMBERED:
        return
    used = update(ServiceToken).where(ServiceToken.id == row.id).values(last_used_at=now)
    await database.transact(lambda session: session.execute(used), timeout=infra.settings.store_timeout)
