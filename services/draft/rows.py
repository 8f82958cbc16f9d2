"""Rows of drafts."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import DraftOrder, User
from services.draft.views import DraftView, view_of
from services.shared.errors import InvalidInput, NotFound, StaleVersion

NO_DRAFT: Final = "There is no such draft."
_SHOWN: Final = 100


async def lock_draft(session: AsyncSession, draft_id: UUID, version: int) -> DraftOrder:
    """Lock a draft in the version that was read, of which no order was made. Errors: NotFound, StaleVersion,
    InvalidInput."""
    locked = select(DraftOrder).where(DraftOrder.id == draft_id).with_for_update()
    draft = await session.scalar(locked.execution_options(populate_existing=True))
    if draft is None:
        raise NotFound(NO_DRAFT)
    if draft.order_id is not None:
        raise InvalidInput.at("draftId", message="is an order already: have that changed")
    if draft.version != version:
        raise StaleVersion(draft.version)
    return draft


async def require_customer(session: AsyncSession, customer_id: UUID) -> User:
    """Errors: InvalidInput."""
    user = await session.get(User, customer_id)
    if user is None or user.closed_at is not None:
        raise InvalidInput.at("customerId", message="is no customer, or not any more")
    return user


async def find_drafts(infra: Infra, ids: Collection[UUID]) -> dict[UUID, DraftView]:
    """Find drafts by their ids. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(DraftOrder).where(DraftOrder.id.in_(ids)))
        return {row.id: view_of(row) for row in found}


async def open_drafts(infra: Infra) -> list[DraftView]:
    """Returns the newest drafts of which no order was made. Errors: StoreUnavailable."""
    wanted = select(DraftOrder).where(DraftOrder.order_id.is_(None)).order_by(DraftOrder.id.desc())
    async with infra.database.read() as session:
        return [view_of(row) for row in await session.scalars(wanted.limit(_SHOWN))]
