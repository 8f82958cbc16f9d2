"""List drafts, for staff."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from infra.runtime import Infra
from models import DraftOrder
from services.draft.views import DraftView, view_of
from services.shared.pages import Cut, IdPage, read_count, read_page
from services.user.find_users import users_with


@dataclass(frozen=True, slots=True)
class DraftFilter:
    """``placed``: whether an order was made of it, None for all; ``email`` as it is stored."""

    placed: bool | None = False
    customer_id: UUID | None = None
    email: str | None = None

    def narrow(self, statement: Select[Any]) -> Select[Any]:
        if self.placed is not None:
            is_open = DraftOrder.order_id.is_(None)
            statement = statement.where(~is_open if self.placed else is_open)
        if self.customer_id is not None:
            statement = statement.where(DraftOrder.customer_id == self.customer_id)
        if self.email is not None:
            statement = statement.where(DraftOrder.customer_id.in_(users_with(self.email)))
        return statement


async def list_drafts(infra: Infra, wanted: DraftFilter, page: IdPage) -> Cut[DraftView]:
    """Returns a page of drafts, newest first; one statement. Errors: StoreUnavailable."""
    cut = await read_page(infra, wanted.narrow(select(DraftOrder)), DraftOrder.id, page)
    return Cut([view_of(row) for row in cut.rows], cut.has_next, cut.has_previous)


async def count_drafts(infra: Infra, wanted: DraftFilter) -> int:
    """Errors: StoreUnavailable."""
    return await read_count(infra, wanted.narrow(select(func.count()).select_from(DraftOrder)))
