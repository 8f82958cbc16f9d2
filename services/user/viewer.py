"""The viewer: who a request comes from, as its access token says."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.enums import Role

_STAFF = frozenset({Role.STAFF, Role.ADMIN})
# Staff can do what customers can, administrators what staff can.
_SATISFIED_BY: dict[Role, frozenset[Role]] = {
    Role.CUSTOMER: frozenset(Role),
    Role.STAFF: _STAFF,
    Role.ADMIN: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user until ``expires_at``. ``issued_at`` is when the token was, in seconds since the epoch."""

    user_id: UUID
    roles: frozenset[Role]
    expires_at: datetime
    session_id: UUID | None = None
    issued_at: float = 0.0

    @property
    def is_staff(self) -> bool:
        return not self.roles.isdisjoint(_STAFF)

    def has(self, role: Role) -> bool:
        """True when one of the viewer's roles includes ``role``."""
        return not self.roles.isdisjoint(_SATISFIED_BY[role])
