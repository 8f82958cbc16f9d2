"""Ship a paid order: all that is left of it, or a part; those of many in one transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import MailKind, Order, OrderEvent, OrderLine, OrderStatus, Shipment, ShipmentLine
from models.order_document import OrderView
from services.money.request_refund import all_goes_back
from services.order.queue_order_mails import mailed_orders, queue_order_mails, units_of
from services.order.rows import NO_ORDER, current_view, event_row, settled_places
from services.reservation.release import ItemOrders, settle_holds
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.errors import (
    FieldProblem,
    IdempotencyConflict,
    InvalidInput,
    InvalidTransition,
    NotFound,
    ServiceError,
)
from services.shared.events import Held, OrderPartlyShipped, OrderShipped
from services.shared.idempotency import GroupKeys, Request, recall_all, remember, transact_with_keys
from services.shared.patience import ask_together, or_try_again
from services.shared.rounds import rounds
from services.shared.tell import tell
from services.shared.texts import line_problem
from services.stock.order_steps import ship_units

OPERATION = "createShipment"
MAX_TEXT = 100
MAX_LINES = 200
_KIND: Final = "shipments"
_SHIPPED: Final = (
    update(OrderLine)
    .where(OrderLine.id == bindparam("of_line"))
    .values(shipped=OrderLine.shipped + bindparam("units"))
)


@dataclass(frozen=True, slots=True)
class ShipmentDraft:
    """``lines`` are ids of the order's lines and units; None is all that is left."""

    order_id: UUID
    carrier: str
    tracking_number: str | None = None
    lines: tuple[tuple[UUID, int], ...] | None = None


async def create_shipment(infra: Infra, draft: ShipmentDraft, asked: Asked) -> OrderView:
    """Returns the order: SHIPPED when all of its units are, PAID until then.

    Errors: InvalidInput, NotFound, InvalidTransition (not paid, all is shipped, or all the money goes
    back), IdempotencyConflict, TryAgain.
    """
    _check_draft(draft)
    request = Request.of(asked.by, OPERATION, asked.key, *_parts(draft))
    with or_try_again():
        await ask_together(infra, _KIND, partial(_ship_together, infra), _Asked(draft, request, asked.actor))
    return await current_view(infra, draft.order_id)


def _check_draft(draft: ShipmentDraft) -> None:
    number = draft.tracking_number
    check_fields(
        carrier=line_problem(draft.carrier, MAX_TEXT, required=True),
        trackingNumber=None if number is None else line_problem(number, MAX_TEXT, required=True),
        lines=_lines_problem(draft.lines),
    )
    problems = [(i, units_problem(units)) for i, (_, units) in enumerate(draft.lines or ())]
    found = [FieldProblem(("input", "lines", str(i), "quantity"), p) for i, p in problems if p]
    if found:
        raise InvalidInput(found)


def _lines_problem(lines: Sequence[tuple[UUID, int]] | None) -> str | None:
    if lines is None:
        return None
    if not 1 <= len(lines) <= MAX_LINES:
        return f"must have 1 to {MAX_LINES} entries; leave it out to ship all that is left"
    return None if len({line for line, _ in lines}) == len(lines) else "must name each line once"


def _parts(draft: ShipmentDraft) -> list[str | int | None]:
    lines = None if draft.lines is None else ",".join(f"{id_.hex}:{n}" for id_, n in sorted(draft.lines))
    return [draft.order_id.hex, draft.carrier, draft.tracking_number, lines]


@dataclass(frozen=True, slots=True)
class _Asked:
    draft: ShipmentDraft
    request: Request
    actor: str


@dataclass(slots=True)
class _Order:
    """An order that is shipped from, as it is while it is locked."""

    status: OrderStatus
    goes_back: bool
    lines: dict[UUID, OrderLine] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """``lines``: units of each. ``is_rest``: nothing is left of the order then."""

    id: UUID
    asked: _Asked
    lines: Sequence[tuple[OrderLine, int]]
    order_lines: Sequence[OrderLine]
    is_rest: bool

    @property
    def order_id(self) -> UUID:
        return self.asked.draft.order_id


async def _ship_together(infra: Infra, asked: Sequence[_Asked]) -> list[Exception | None]:
    async def work(session: AsyncSession) -> tuple[list[Exception | None], ItemOrders]:
        return await _ship(session, asked, infra.now())

    answers, settled = await transact_with_keys(infra, work)
    with suppress(StoreUnavailable):
        # What fails here is done again by the worker that reads the order's event.
        await settle_holds(infra, settled)
    return answers


async def _ship(
    session: AsyncSession, asked: Sequence[_Asked], now: datetime
) -> tuple[list[Exception | None], ItemOrders]:
    """Of several parcels of one order, the second is packed when the first is written."""
    earlier = await recall_all(session, [one.request for one in asked])
    fresh = [one for one in asked if one.request not in earlier]
    done = GroupKeys[UUID]()
    errors: dict[int, Exception | None] = {}
    settled: ItemOrders = defaultdict(list)
    for at_once in rounds(fresh, lambda one: one.draft.order_id):
        parcels = await _pack(session, at_once, done, errors)
        await _write(session, parcels, settled, now)
    await remember(session, done.results, now)
    return [errors[id(one)] if id(one) in errors else _said(earlier[one.request]) for one in asked], settled


def _said(before: UUID | IdempotencyConflict) -> Exception | None:
    return before if isinstance(before, Exception) else None


async def _pack(
    session: AsyncSession, asked: Sequence[_Asked], done: GroupKeys[UUID], errors: dict[int, Exception | None]
) -> list[_Parcel]:
    """One of each order. Errors are not remembered: with its key the same may be asked again."""
    orders = await _lock(session, {one.draft.order_id for one in asked})
    parcels = []
    for one in asked:
        if (before := done.find(one.request)) is not None:
            errors[id(one)] = _said(before)
            continue
        errors[id(one)] = None
        try:
            parcels.append(_pack_one(one, orders.get(one.draft.order_id)))
        except ServiceError as error:
            errors[id(one)] = error
        else:
            done.note(one.request, one.draft.order_id)
    return parcels


async def _lock(session: AsyncSession, order_ids: Collection[UUID]) -> dict[UUID, _Order]:
    """The orders' rows first: of two shipments of the last unit one comes second, and finds none left."""
    locked = select(Order.id, Order.status).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update()
    statuses = {row[0]: OrderStatus(row[1]) for row in await session.execute(locked)}
    back = await all_goes_back(session, statuses)
    orders = {order_id: _Order(status, order_id in back) for order_id, status in statuses.items()}
    stored = select(OrderLine).where(OrderLine.order_id.in_(orders)).order_by(OrderLine.position)
    for line in await session.scalars(stored.execution_options(populate_existing=True)):
        orders[line.order_id].lines[line.id] = line
    return orders


def _pack_one(one: _Asked, order: _Order | None) -> _Parcel:
    """Errors: NotFound, InvalidTransition, InvalidInput."""
    if order is None:
        raise NotFound(NO_ORDER)
    if order.status != OrderStatus.PAID:
        raise InvalidTransition(order.status, OrderStatus.SHIPPED)
    if order.goes_back:
        raise InvalidTransition(OrderStatus.REFUNDED, OrderStatus.SHIPPED)
    units = _units(order.lines, one.draft.lines)
    is_rest = sum(line.unsent for line in order.lines.values()) == sum(units.values())
    lines = [(order.lines[id_], count) for id_, count in units.items()]
    return _Parcel(new_id(), one, lines, list(order.lines.values()), is_rest)


def _units(lines: Mapping[UUID, OrderLine], wanted: Sequence[tuple[UUID, int]] | None) -> dict[UUID, int]:
    left = {id_: line.unsent for id_, line in lines.items() if line.unsent}
    if wanted is None:
        return left
    problems = []
    for i, (id_, count) in enumerate(wanted):
        if id_ not in lines:
            problems.append(FieldProblem(("input", "lines", str(i), "lineId"), "is no line of the order"))
        elif count > left.get(id_, 0):
            text = f"must be at most {left.get(id_, 0)}: no more is left to ship"
            problems.append(FieldProblem(("input", "lines", str(i), "quantity"), text))
    if problems:
        raise InvalidInput(problems)
    return dict(wanted)


async def _write(session: AsyncSession, parcels: Sequence[_Parcel], settled: ItemOrders, now: datetime) -> None:
    if not parcels:
        return
    actors = {parcel.order_id: parcel.asked.actor for parcel in parcels}
    await ship_units(session, [pair for parcel in parcels for pair in parcel.lines], actors, now)
    await _write_shipments(session, parcels, now)
    await _mail_parcels(session, parcels, now)
    parts = [parcel for parcel in parcels if not parcel.is_rest]
    await tell(session, now, *(OrderPartlyShipped(parcel.order_id, parcel.id) for parcel in parts))
    await _finish(session, [parcel for parcel in parcels if parcel.is_rest], settled, now)


async def _write_shipments(session: AsyncSession, parcels: Sequence[_Parcel], now: datetime) -> None:
    connection = await session.connection()  # past the session, which looks at each row
    shipments = [
        {
            "id": parcel.id,
            "order_id": parcel.order_id,
            "carrier": parcel.asked.draft.carrier.strip(),
            "tracking_number": parcel.asked.draft.tracking_number,
            "actor": parcel.asked.actor,
            "at": now,
        }
        for parcel in parcels
    ]
    await connection.execute(insert(Shipment), shipments)
    units = [(parcel.id, line.id, count) for parcel in parcels for line, count in parcel.lines]
    rows = [{"shipment_id": id_, "line_id": line_id, "quantity": count} for id_, line_id, count in units]
    await connection.execute(insert(ShipmentLine), rows)
    await connection.execute(_SHIPPED, [{"of_line": line_id, "units": count} for _, line_id, count in units])


async def _mail_parcels(session: AsyncSession, parcels: Sequence[_Parcel], now: datetime) -> None:
    """What is in the parcel, and how to follow it."""
    mailed = await mailed_orders(session, [parcel.order_id for parcel in parcels], ())
    told = []
    for parcel in parcels:
        draft, said = parcel.asked.draft, [("carrier", parcel.asked.draft.carrier.strip())]
        if draft.tracking_number is not None:
            said += [("tracking_number", draft.tracking_number)]
        told += [replace(mailed[parcel.order_id], units=units_of(parcel.lines), phrases={"parcel": said})]
    await queue_order_mails(session, MailKind.ORDER_SHIPPED, told, now)


async def _finish(session: AsyncSession, rests: Sequence[_Parcel], settled: ItemOrders, now: datetime) -> None:
    if not rests:
        return
    shipped = update(Order).where(Order.id.in_([parcel.order_id for parcel in rests]))
    shipped = shipped.values(status=OrderStatus.SHIPPED, expires_at=None, updated_at=now)
    await session.execute(shipped.execution_options(synchronize_session=False))
    events = [event_row(rest.order_id, OrderStatus.SHIPPED, rest.asked.actor, now) for rest in rests]
    await (await session.connection()).execute(insert(OrderEvent), events)
    for rest in rests:
        sold = [(line.sku, line.flash_sale_item_id) for line in rest.order_lines if line.flash_sale_item_id]
        held = tuple(Held(sku, item_id) for sku, item_id in sold)
        await tell(session, now, OrderShipped(rest.order_id, rest.id, held))
        for place in settled_places(rest.order_lines):
            settled[place].append(rest.order_id)
