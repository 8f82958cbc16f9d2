"""Staff put tags on orders, to find them by."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import OrderTag
from models.order_document import OrderView
from services.order.rows import current_view, lock_status
from services.shared.errors import InvalidInput
from services.shared.tags import MOST_TAGS, clean_tags


@dataclass(frozen=True, slots=True)
class Tagging:
    """What is in both is put on."""

    order_id: UUID
    add: Sequence[str] = ()
    remove: Sequence[str] = ()


async def tag_order(infra: Infra, wish: Tagging) -> OrderView:
    """Put tags on an order and take others off; done again, it changes nothing.

    Errors: InvalidInput, NotFound, StoreUnavailable.
    """
    added, removed = set(clean_tags(wish.add, "add")), set(clean_tags(wish.remove, "remove"))

    async def work(session: AsyncSession) -> None:
        await lock_status(session, wish.order_id)
        mine = OrderTag.order_id == wish.order_id
        there = set(await session.scalars(select(OrderTag.tag).where(mine)))
        if len((there - removed) | added) > MOST_TAGS:
            raise InvalidInput.at("add", message=f"an order has at most {MOST_TAGS} tags")
        await session.execute(delete(OrderTag).where(mine, OrderTag.tag.in_(removed - added)))
        session.add_all(OrderTag(tag=tag, order_id=wish.order_id) for tag in sorted(added - there))

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return await current_view(infra, wish.order_id)


async def tags_of_orders(infra: Infra, order_ids: Collection[UUID]) -> dict[UUID, Sequence[str]]:
    """Find each order's tags, sorted; one statement. Errors: StoreUnavailable."""
    wanted = select(OrderTag.order_id, OrderTag.tag).where(OrderTag.order_id.in_(order_ids))
    found: dict[UUID, list[str]] = defaultdict(list)
    async with infra.database.read() as session:
        for order_id, tag in await session.execute(wanted.order_by(OrderTag.tag)):
            found[order_id].append(tag)
    return dict(found)
