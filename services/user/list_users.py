"""List and search accounts, for administrators."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from infra.runtime import Infra
from models.enums import Role
from models.user import StaffRole, User
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.pages import Cut, IdPage, read_count, read_page
from services.shared.texts import text_problem

MAX_SEARCH = 100


@dataclass(frozen=True, slots=True)
class UserFilter:
    """``search``: how the e-mail address or the name begins, whatever the case. Closed accounts are not shown."""

    search: str | None = None
    role: Role | None = None
    locked: bool | None = None

    def check(self) -> None:
        """Errors: InvalidInput."""
        problem = None if self.search is None else text_problem(self.search, MAX_SEARCH)
        if problem:
            raise InvalidInput([FieldProblem(("search",), problem)])


async def list_users(infra: Infra, wanted: UserFilter, page: IdPage) -> Cut[User]:
    """Returns a page of accounts, newest first; one statement. Errors: InvalidInput, StoreUnavailable."""
    wanted.check()
    return await read_page(infra, _matching(select(User), wanted), User.id, page)


async def count_users(infra: Infra, wanted: UserFilter) -> int:
    """Errors: InvalidInput, StoreUnavailable."""
    wanted.check()
    return await read_count(infra, _matching(select(func.count()).select_from(User), wanted))


def _matching(statement: Select[Any], wanted: UserFilter) -> Select[Any]:
    statement = statement.where(User.closed_at.is_(None))
    words = (wanted.search or "").strip()
    if words:
        mail = User.email.startswith(words.lower(), autoescape=True)
        name = func.lower(User.display_name).startswith(words.lower(), autoescape=True)
        statement = statement.where(or_(mail, name))
    if wanted.role is not None and wanted.role is not Role.CUSTOMER:
        having = select(StaffRole.user_id).where(StaffRole.role == wanted.role)
        statement = statement.where(User.id.in_(having))
    if wanted.locked is not None:
        statement = statement.where(User.locked_at.is_not(None) if wanted.locked else User.locked_at.is_(None))
    return statement
