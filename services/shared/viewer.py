"""The viewer: who a request comes from, as its access token says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from models.enums import Role, Scope

NO_GROUPS: Final[frozenset[str]] = frozenset()
_STAFF = frozenset({Role.STAFF, Role.ADMIN})
# Customers can do what guests can, staff what customers can, administrators what staff can.
_SATISFIED_BY: dict[Role, frozenset[Role]] = {
    Role.GUEST: frozenset(Role),
    Role.CUSTOMER: frozenset(Role) - {Role.GUEST},
    Role.STAFF: _STAFF,
    Role.ADMIN: frozenset({Role.ADMIN}),
}

_PART_OF = {
    Scope.CATALOG_READ: {Scope.CATALOG_WRITE},
    Scope.DISCOUNTS_WRITE: {Scope.SALES_WRITE},
    Scope.CHARGES_WRITE: {Scope.SALES_WRITE},
    # Who ships or refunds looks at the orders.
    Scope.ORDERS_READ: {Scope.ORDERS_SHIP, Scope.ORDERS_REFUND, Scope.ORDERS_WRITE},
    Scope.ORDERS_SHIP: {Scope.ORDERS_WRITE},
    Scope.ORDERS_REFUND: {Scope.ORDERS_WRITE},
}
_IN_SCOPE = {scope: frozenset({scope}) | _PART_OF.get(scope, set()) for scope in Scope}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in user until ``expires_at``. ``issued_at`` is when the token was, in seconds since the epoch.

    A machine has no roles but ``scopes``; its ``user_id`` is the id of its service token, and no user's. A
    person's ``scopes`` are those of the roles that the shop has made; ``person_id``: whose units what they buy is
    counted among, where that is not the user alone. ``groups``: the hex of the ids of their
    customer groups.
    """

    user_id: UUID
    roles: frozenset[Role]
    expires_at: datetime
    session_id: UUID | None = None
    issued_at: float = 0.0
    scopes: frozenset[Scope] = frozenset()
    person_id: UUID | None = None
    email_confirmed: bool = False
    groups: frozenset[str] = NO_GROUPS

    @property
    def is_guest(self) -> bool:
        return Role.GUEST in self.roles

    @property
    def actor(self) -> str:
        """How histories and ledgers name the viewer."""
        return f"{'token' if self.is_machine else 'user'}:{self.user_id.hex}"

    @property
    def is_machine(self) -> bool:
        return not self.roles

    def has(self, role: Role) -> bool:
        """Returns whether one of the viewer's roles includes ``role``."""
        return not self.roles.isdisjoint(_SATISFIED_BY[role])

    def may(self, role: Role, scope: Scope) -> bool:
        """Returns whether the viewer has the role, or the scope."""
        return self.has(role) or (bool(self.scopes) and not self.scopes.isdisjoint(_IN_SCOPE[scope]))
