"""Change an order that is not paid yet: its lines, where it goes and how. By staff."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import MailKind, Order, OrderEvent, OrderLine, OrderStatus, StockCause
from models.order_document import OrderView
from services.mail.render import spoken_time
from services.money.request_refund import give_up_payments
from services.order.give_back_to_sales import give_back_to_sales
from services.order.mark_paid import mark_free_paid
from services.order.queue_order_mails import mailed_orders, queue_order_mails
from services.order.rows import ReadOrder, current_view, event_row, find_change, read_order
from services.order.views import line_id
from services.order.work_out_change import NewLine, NewOrder, OrderChange, work_out_change
from services.reservation.shrink import kept_of, shrink
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.errors import FieldProblem, InvalidInput, InvalidTransition, StaleVersion
from services.shared.events import KeptUnits, LineUnits, OrderChanged
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again
from services.shared.tell import tell
from services.shared.texts import text_problem
from services.stock.hold_more import hold_more
from services.stock.order_steps import apply_moves
from services.stock.release_units import release_units

OPERATION: Final = "changeOrder"
_MAX_REASON: Final = 500
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """The order as it is now, and what it came to before the change and after it."""

    order: OrderView
    total_before: int
    total_after: int


async def change_order(infra: Infra, wish: OrderChange, asked: Asked) -> ChangedOrder:
    """Change an order that awaits its payment. Of two who change one version one wins.

    What is begun to pay the old sum is given up, and there is time again to pay the new one; of 0 it is paid.
    Units are held and given back with it. Errors: InvalidInput, NotFound, InvalidTransition, StaleVersion,
    OutOfStock, IdempotencyConflict, TryAgain.
    """
    _check(wish)
    request, kept = Request.of(asked.by, OPERATION, asked.key, *_parts(wish)), list[KeptUnits]()
    event_id = new_id()
    with or_try_again():
        before = await _read(infra, wish)
        new = None if before is None else await work_out_change(infra, before, wish)

    async def work(session: AsyncSession) -> None:
        kept[:] = await _change(session, infra, _Changing(wish, new, asked.actor, event_id, infra.now()))

    changed = await do_once(infra, request, event_id, work)
    with suppress(StoreUnavailable):  # what fails is done again by the worker that reads the order's event
        await shrink(infra, kept_of(wish.order_id, kept))
    view = await current_view(infra, wish.order_id)
    with or_try_again():
        totals = await find_change(infra, changed)
    return ChangedOrder(view, *totals)


def _check(wish: OrderChange) -> None:
    """Errors: InvalidInput."""
    check_fields(
        version=None if wish.version > 0 else "must be 1 or more",
        lines=_many_problem([id_ for id_, _ in wish.units]),
        add=_many_problem([id_ for id_, _ in wish.added]),
        shippingMethod=None if wish.shipping_method is None else text_problem(wish.shipping_method, 40),
        reason=None if wish.reason is None else text_problem(wish.reason, _MAX_REASON),
    )
    units = [("lines", place, units_problem(n, 0)) for place, (_, n) in enumerate(wish.units)]
    units += [("add", place, units_problem(n)) for place, (_, n) in enumerate(wish.added)]
    problems = [FieldProblem(("input", name, str(i), "quantity"), text) for name, i, text in units if text]
    if problems:
        raise InvalidInput(problems)
    if not (wish.units or wish.added or wish.address or wish.shipping_method):
        raise InvalidInput.at("lines", message="must be given, or something else that is to be changed")


def _many_problem(ids: list[UUID]) -> str | None:
    if len(ids) > _MOST:
        return f"must have at most {_MOST} entries"
    return None if len(set(ids)) == len(ids) else "must name each once"


def _parts(wish: OrderChange) -> list[str | int | None]:
    pairs = [",".join(f"{id_.hex}:{n}" for id_, n in some) for some in (wish.units, wish.added)]
    address = None if wish.address is None else repr(wish.address)
    return [wish.order_id.hex, wish.version, *pairs, address, wish.shipping_method, wish.reason]


@dataclass(frozen=True, slots=True)
class _Changing:
    """``new`` is of the version that is changed; None when that was not there any more, or could not be."""

    wish: OrderChange
    new: NewOrder | None
    actor: str
    event_id: UUID
    now: datetime


@dataclass(frozen=True, slots=True)
class _Lines:
    """What an order has after its change, and what it keeps of sales."""

    lines: tuple[LineUnits, ...]
    kept: tuple[KeptUnits, ...]


async def _read(infra: Infra, wish: OrderChange) -> ReadOrder | None:
    async with infra.database.read() as session:
        order = await read_order(session, wish.order_id, None, lock=False)
    is_it = order.status == OrderStatus.AWAITING_PAYMENT and order.version == wish.version
    return order if is_it else None


async def _change(session: AsyncSession, infra: Infra, changing: _Changing) -> tuple[KeptUnits, ...]:
    wish, new, now = changing.wish, changing.new, changing.now
    order = await read_order(session, wish.order_id, None)
    if order.status != OrderStatus.AWAITING_PAYMENT:
        raise InvalidTransition(order.status, OrderStatus.AWAITING_PAYMENT)
    if new is None or order.version != wish.version:
        raise StaleVersion(order.version)
    until = now + timedelta(seconds=infra.settings.orders.payment_timeout)
    until = until if order.expires_at is None else max(until, order.expires_at)
    await _write_order(session, changing, new, until)
    if order.total != new.charges.total:
        await give_up_payments(session, [order.id], now)
    lines = await _write_lines(session, order, new)
    await _move_units(session, order.id, new, changing.actor, now)
    kept = _kept(new)
    await _tell(session, order, changing, new, until, _Lines(lines, kept))
    return kept


async def _write_order(session: AsyncSession, changing: _Changing, new: NewOrder, until: datetime) -> None:
    values: dict[str, Any] = {
        "total": new.charges.total,
        "charges": new.charges.to_json(),
        "shipping_address": None if new.address is None else new.address.to_json(),
        "expires_at": until,
        "version": Order.version + 1,
        "updated_at": changing.now,
    }
    changed = update(Order).where(Order.id == changing.wish.order_id).values(values)
    await session.execute(changed.execution_options(synchronize_session=False))


async def _write_lines(session: AsyncSession, order: ReadOrder, new: NewOrder) -> tuple[LineUnits, ...]:
    """Returns the lines as they are now, in their order."""
    connection = await session.connection()
    gone = [line.id for line in new.lines if line.id is not None and not line.units]
    if gone:
        await connection.execute(delete(OrderLine).where(OrderLine.id.in_(gone)))
    others = [line for line in new.lines if line.id is not None and line.units not in (0, line.before)]
    if others:
        fewer = update(OrderLine).where(OrderLine.id == bindparam("of_line")).values(quantity=bindparam("units"))
        await connection.execute(fewer, [{"of_line": line.id, "units": line.units} for line in others])
    after = 1 + max(line.position for line in order.lines)
    fresh = [line for line in new.lines if line.id is None]
    rows = [_line_row(order.id, after + place, line) for place, line in enumerate(fresh)]
    if rows:
        await connection.execute(insert(OrderLine), rows)
    stayed = [LineUnits(line.id, line.sku, line.units) for line in new.lines if line.id is not None and line.units]
    return (*stayed, *(LineUnits(row["id"], row["sku"], row["quantity"]) for row in rows))


def _line_row(order_id: UUID, position: int, line: NewLine) -> dict[str, Any]:
    return {
        "id": line_id(order_id, position),
        "order_id": order_id,
        "position": position,
        "sku": line.sku,
        "variant_id": line.variant_id,
        "flash_sale_item_id": None,
        "title": line.title,
        "quantity": line.units,
        "unit_price": line.unit_price,
    }


async def _move_units(session: AsyncSession, order_id: UUID, new: NewOrder, actor: str, now: datetime) -> None:
    """Errors: OutOfStock."""
    ordinary = [line for line in new.lines if line.item_id is None]
    more = {line.sku: line.units - line.before for line in ordinary if line.units > line.before}
    less = {line.sku: line.before - line.units for line in ordinary if line.units < line.before}
    back = [
        (_of_sale(order_id, line), line.before - line.units)
        for line in new.lines
        if line.item_id is not None and line.units < line.before
    ]
    moves = await give_back_to_sales(session, back, set()) + await release_units(session, order_id, less, now)
    await apply_moves(session, moves, StockCause.RELEASED, actor, now)
    await apply_moves(session, await hold_more(session, order_id, more, now), StockCause.HELD, actor, now)


def _of_sale(order_id: UUID, line: NewLine) -> OrderLine:
    return OrderLine(id=line.id, order_id=order_id, sku=line.sku, flash_sale_item_id=line.item_id)


def _kept(new: NewOrder) -> tuple[KeptUnits, ...]:
    return tuple(
        KeptUnits(line.sku, line.item_id, line.units)
        for line in new.lines
        if line.item_id is not None and line.units < line.before
    )


async def _tell(
    session: AsyncSession,
    order: ReadOrder,
    changing: _Changing,
    new: NewOrder,
    until: datetime,
    now_has: _Lines,
) -> None:
    now, total = changing.now, new.charges.total
    event = event_row(order.id, OrderStatus.AWAITING_PAYMENT, changing.actor, now, changing.wish.reason)
    totals = {"id": changing.event_id, "total_before": order.total, "total_after": total}
    await (await session.connection()).execute(insert(OrderEvent), [event | totals])
    sums = (order.total, total, order.currency)
    told = OrderChanged(order.id, order.version + 1, now_has.lines, *sums, now_has.kept, new.charges.taxes)
    await tell(session, now, told)
    mailed = (await mailed_orders(session, [order.id]))[order.id]
    if total:
        said = replace(mailed, values={"expires": spoken_time(until)})
        await queue_order_mails(session, MailKind.ORDER_CHANGED, [said], now)
    else:
        await mark_free_paid(session, [(order.id, mailed)], changing.actor, now)
