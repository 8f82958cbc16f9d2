"""Rows of drafts."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import DraftOrder, User
from services.draft.rules import DraftWish
from services.draft.views import DraftView, view_of
from services.shared.errors import InvalidInput, NotFound, StaleVersion
from services.shared.patience import or_try_again
from services.user.add_guest import add_guest

NO_DRAFT: Final = "There is no such draft."


async def lock_draft(session: AsyncSession, draft_id: UUID, version: int) -> DraftOrder:
    """Lock a draft in the version that was read, of which no order was made. Errors: NotFound, StaleVersion,
    InvalidInput."""
    draft = await _lock(session, draft_id)
    if draft.order_id is not None:
        raise InvalidInput.at("draftId", message="is an order already: have that changed")
    return _in_version(draft, version)


async def lock_any_draft(session: AsyncSession, draft_id: UUID, version: int) -> DraftOrder:
    """Lock a draft in the version that was read, whatever was made of it. Errors: NotFound, StaleVersion."""
    return _in_version(await _lock(session, draft_id), version)


async def _lock(session: AsyncSession, draft_id: UUID) -> DraftOrder:
    locked = select(DraftOrder).where(DraftOrder.id == draft_id).with_for_update()
    draft = await session.scalar(locked.execution_options(populate_existing=True))
    if draft is None:
        raise NotFound(NO_DRAFT)
    return draft


def _in_version(draft: DraftOrder, version: int) -> DraftOrder:
    if draft.version != version:
        raise StaleVersion(draft.version)
    return draft


async def require_customer(session: AsyncSession, customer_id: UUID) -> User:
    """Errors: InvalidInput."""
    user = await session.get(User, customer_id)
    if user is None or user.closed_at is not None:
        raise InvalidInput.at("customerId", message="is no customer, or not any more")
    return user


async def customer_of(session: AsyncSession, infra: Infra, wish: DraftWish) -> User:
    """Find whom a draft is for, or make a guest of the e-mail address. Errors: InvalidInput."""
    if wish.customer_id is not None:
        return await require_customer(session, wish.customer_id)
    return await add_guest(session, infra, wish.email or "")


async def current_draft(infra: Infra, draft_id: UUID) -> DraftView:
    """Read a draft after its change. Errors: NotFound, TryAgain."""
    with or_try_again():
        found = (await find_drafts(infra, [draft_id])).get(draft_id)
    if found is None:
        raise NotFound(NO_DRAFT)
    return found


async def find_drafts(infra: Infra, ids: Collection[UUID]) -> dict[UUID, DraftView]:
    """Find drafts by their ids. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(DraftOrder).where(DraftOrder.id.in_(ids)))
        return {row.id: view_of(row) for row in found}
