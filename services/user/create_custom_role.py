"""Make a role of the shop's own: a name for some of what staff may do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models.enums import Scope
from models.user import CustomRole
from services.audit.record import record
from services.shared.client import NOWHERE, Client
from services.shared.errors import InvalidInput
from services.shared.texts import line_problem

T = TypeVar("T")
MAX_NAME: Final = 60
MOST_ROLES: Final = 100


@dataclass(frozen=True, slots=True)
class RoleDraft:
    name: str
    scopes: tuple[Scope, ...]

    def checked(self) -> "RoleDraft":
        """Returns it as it is kept. Errors: InvalidInput."""
        name = self.name.strip()
        if problem := line_problem(name, MAX_NAME, required=True):
            raise InvalidInput.at("name", message=problem)
        if not self.scopes:
            raise InvalidInput.at("scopes", message="name at least one")
        return RoleDraft(name, tuple(sorted(set(self.scopes))))


async def create_custom_role(
    infra: Infra, draft: RoleDraft, *, actor: UUID | str, client: Client = NOWHERE
) -> CustomRole:
    """Errors: InvalidInput, also for a name that another role has; StoreUnavailable."""
    clean = draft.checked()
    scopes = [scope.value for scope in clean.scopes]
    role = CustomRole(id=new_id(), name=clean.name, scopes=scopes, version=1, created_at=infra.now())

    async def work(session: AsyncSession) -> CustomRole:
        if (await session.scalar(select(func.count()).select_from(CustomRole)) or 0) >= MOST_ROLES:
            raise InvalidInput.at(message=f"there are {MOST_ROLES} roles already, the most there can be")
        session.add(role)
        details = {"name": role.name, "scopes": " ".join(scopes)}
        record(
            session, "custom_role.created", now=infra.now(), subject=role.id, actor=actor, client=client,
            details=details,
        )  # fmt: skip
        return role

    return await write_named(infra, work)


async def write_named(infra: Infra, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run what gives a role its name. Errors: InvalidInput for a name that another has; StoreUnavailable."""
    try:
        return await infra.database.transact(work, timeout=infra.settings.store_timeout)
    except IntegrityError:
        raise InvalidInput.at("name", message="is another role's") from None
