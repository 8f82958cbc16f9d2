"""What this process knows to be revoked: asked on every request, so it is memory and nothing else."""

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Revocation:
    """Of a session, or of what a user was given up to the time ``before``.

    Times are seconds since the epoch. After ``until`` every token it is about has expired by itself.
    """

    kind: Literal["session", "user"]
    id: UUID
    before: float
    until: float


class Revocations:
    """``unsent`` are those that the other processes have not been told of yet."""

    def __init__(self) -> None:
        self._sessions: dict[UUID, Revocation] = {}
        self._users: dict[UUID, Revocation] = {}
        self._ends: list[tuple[float, UUID]] = []
        self.unsent: set[Revocation] = set()

    def __len__(self) -> int:
        return len(self._sessions) + len(self._users)

    def cover(self, user_id: UUID, session_id: UUID | None, issued_at: float) -> bool:
        """Returns whether a token of this session, issued then, is not to be accepted any more."""
        if session_id in self._sessions:
            return True
        of_user = self._users.get(user_id)
        return of_user is not None and issued_at <= of_user.before

    def add(self, revocation: Revocation) -> None:
        """Take it in; it may be known already, and may come late."""
        known = self._kind(revocation)
        old = known.get(revocation.id)
        if old is None or (old.before, old.until) < (revocation.before, revocation.until):
            known[revocation.id] = revocation
            heappush(self._ends, (revocation.until, revocation.id))

    def known(self) -> set[Revocation]:
        return {*self._sessions.values(), *self._users.values()}

    def forget_expired(self, now: float) -> None:
        while self._ends and self._ends[0][0] < now:
            _, id_ = heappop(self._ends)
            for known in (self._sessions, self._users):
                if (found := known.get(id_)) is not None and found.until < now:
                    del known[id_]
                    self.unsent.discard(found)

    def _kind(self, revocation: Revocation) -> dict[UUID, Revocation]:
        return self._sessions if revocation.kind == "session" else self._users
