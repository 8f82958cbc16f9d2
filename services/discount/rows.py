"""Uses of codes by orders: held, committed, released, each in the transaction of what goes with it.

The code's row is locked by who counts, so of any number of orders no more than the limit get a use.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.plain_rows import ids_in, plain_rows
from models import DiscountCode, DiscountUse, DiscountUseState, FlashCodeHold
from services.discount.find_code import check_limit, check_window, refused
from services.shared.errors import InvalidInput

_COUNTED = (DiscountUseState.HELD, DiscountUseState.COMMITTED)
_HELD = (
    select(DiscountUse.order_id)
    .where(ids_in(DiscountUse.order_id), DiscountUse.state == DiscountUseState.HELD)
    .with_for_update()
)


async def hold_use(
    session: AsyncSession, code_id: UUID, order_id: UUID, buyer_id: UUID, now: datetime, *, promised: bool
) -> None:
    """Hold a use. ``promised``: by a quote, so whether the code is still valid is not asked again; whether a use
    is left, is.

    Errors: InvalidInput.
    """
    locked = select(DiscountCode).where(DiscountCode.id == code_id).with_for_update()
    row = await session.scalar(locked.execution_options(populate_existing=True))
    if row is None:
        raise refused()
    if not promised:
        check_window(row, now)
    check_limit(row)
    if row.max_uses_per_customer is not None:
        mine = select(func.count()).where(
            DiscountUse.code_id == code_id,
            DiscountUse.customer_id == buyer_id,
            DiscountUse.state.in_(_COUNTED),
        )
        if (await session.scalar(mine) or 0) >= row.max_uses_per_customer:
            raise refused("has been used as often as one customer may")
    await _count(session, code_id, 1)
    use = {"order_id": order_id, "code_id": code_id, "customer_id": buyer_id, "state": DiscountUseState.HELD}
    await session.execute(insert(DiscountUse), [use | {"created_at": now, "updated_at": now}])


async def adopt_uses(session: AsyncSession, orders: Mapping[UUID, UUID], now: datetime) -> set[UUID]:
    """Make the uses that quotes hold those of their orders; ``orders`` by the quote's hold. Returns the holds that
    were still there."""
    held = select(DiscountUse.order_id).where(
        DiscountUse.order_id.in_(orders), DiscountUse.state == DiscountUseState.HELD
    )
    found = set(await session.scalars(held.order_by(DiscountUse.order_id).with_for_update()))
    for hold_id in sorted(found):
        await session.execute(
            update(DiscountUse)
            .where(DiscountUse.order_id == hold_id)
            .values(order_id=orders[hold_id], updated_at=now)
            .execution_options(synchronize_session=False)
        )
    if found:
        await session.execute(delete(FlashCodeHold).where(FlashCodeHold.id.in_(found)))
    return found


async def hold_promised(
    session: AsyncSession, code: str, order_id: UUID, customer_id: UUID, now: datetime
) -> bool:
    """Hold a use of a code that was promised, if one is left; returns whether it is held."""
    code_id = await session.scalar(select(DiscountCode.id).where(DiscountCode.code == code))
    try:
        if code_id is not None:
            await hold_use(session, code_id, order_id, customer_id, now, promised=True)
    except InvalidInput:
        return False
    return code_id is not None


async def release_uses(session: AsyncSession, order_ids: Collection[UUID], now: datetime) -> None:
    """Release the uses of orders that are closed; each is given back once."""
    uses = select(DiscountUse.order_id, DiscountUse.code_id).where(
        DiscountUse.order_id.in_(order_ids), DiscountUse.state.in_(_COUNTED)
    )
    found = {
        row[0]: row[1] for row in await session.execute(uses.order_by(DiscountUse.order_id).with_for_update())
    }
    if not found:
        return
    await _set(session, found, DiscountUseState.RELEASED, now)
    for code_id, count in sorted(Counter(found.values()).items()):
        await _count(session, code_id, -count)


async def commit_uses(session: AsyncSession, order_ids: Collection[UUID], now: datetime) -> None:
    """Commit the uses of orders that are paid."""
    held = await plain_rows(session, _HELD, {"ids": list(order_ids)})
    if held:
        await _set(session, [use.order_id for use in held], DiscountUseState.COMMITTED, now)


async def _set(session: AsyncSession, order_ids: Collection[UUID], state: DiscountUseState, now: datetime) -> None:
    await session.execute(
        update(DiscountUse)
        .where(DiscountUse.order_id.in_(order_ids))
        .values(state=state, updated_at=now)
        .execution_options(synchronize_session=False)
    )


async def _count(session: AsyncSession, code_id: UUID, by: int) -> None:
    await session.execute(
        update(DiscountCode)
        .where(DiscountCode.id == code_id)
        .values(used=DiscountCode.used + by)
        .execution_options(synchronize_session=False)
    )
