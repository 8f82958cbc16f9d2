"""List discount codes, for staff."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select

from infra.runtime import Infra
from models import DiscountCode
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.pages import Cut, IdPage, read_count, read_page
from services.shared.texts import line_problem

_LONGEST = 40


@dataclass(frozen=True, slots=True)
class CodeFilter:
    """``begins``: how the code begins, in capitals or not. ``usable``: whether a new order could have it now, as
    far as its dates and its uses go.
    """

    begins: str | None = None
    usable: bool | None = None

    def narrow(self, statement: Select[Any], now: datetime) -> Select[Any]:
        """Errors: InvalidInput."""
        if self.begins is not None:
            if problem := line_problem(self.begins, _LONGEST):
                raise InvalidInput([FieldProblem(("begins",), problem)])
            statement = statement.where(DiscountCode.code.startswith(self.begins.strip().upper(), autoescape=True))
        if self.usable is None:
            return statement
        return statement.where(_usable(now) if self.usable else not_(_usable(now)))


async def list_codes(infra: Infra, wanted: CodeFilter, page: IdPage) -> Cut[DiscountCode]:
    """Returns a page of codes, newest first; one statement. Errors: InvalidInput, StoreUnavailable."""
    statement = wanted.narrow(select(DiscountCode), infra.now())
    return await read_page(infra, statement, DiscountCode.id, page)


async def count_codes(infra: Infra, wanted: CodeFilter) -> int:
    """Errors: InvalidInput, StoreUnavailable."""
    return await read_count(infra, wanted.narrow(select(func.count()).select_from(DiscountCode), infra.now()))


def _usable(now: datetime) -> ColumnElement[bool]:
    return and_(
        DiscountCode.disabled_at.is_(None),
        or_(DiscountCode.starts_at.is_(None), DiscountCode.starts_at <= now),
        or_(DiscountCode.ends_at.is_(None), DiscountCode.ends_at > now),
        or_(DiscountCode.max_uses.is_(None), DiscountCode.used < DiscountCode.max_uses),
    )
