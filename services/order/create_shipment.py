"""Ship a paid order: all that is left of it, or a part."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.ids import new_id
from infra.runtime import Infra
from models import MailKind, OrderLine, OrderStatus, Shipment, ShipmentLine
from models.order_document import OrderView
from services.money.request_refund import all_goes_back
from services.order.queue_order_mails import mailed_orders, queue_order_mails, units_of
from services.order.rows import current_view, lock_status, move, note
from services.reservation.release import ItemOrders, settle_holds
from services.shared.asked import Asked, check_fields, units_problem
from services.shared.errors import FieldProblem, InvalidInput, InvalidTransition
from services.shared.events import Held, OrderPartlyShipped, OrderShipped
from services.shared.idempotency import Request, do_once
from services.shared.tell import tell
from services.shared.texts import line_problem
from services.stock.order_steps import Units, ship_units

OPERATION = "createShipment"
MAX_TEXT = 100
MAX_LINES = 200


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
    settled: ItemOrders = {}

    async def work(session: AsyncSession) -> None:
        settled.clear()
        settled.update(await _ship(session, draft, asked.actor, infra.now()))

    await do_once(infra, request, draft.order_id, work)
    with suppress(StoreUnavailable):
        # What fails here is done again by the worker that reads the order's event.
        await settle_holds(infra, settled)
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


async def _ship(session: AsyncSession, draft: ShipmentDraft, actor: str, now: datetime) -> ItemOrders:
    """The order's row is locked first: of two shipments of the last unit one comes second, and finds none left."""
    status = await lock_status(session, draft.order_id)
    if status != OrderStatus.PAID:
        raise InvalidTransition(status, OrderStatus.SHIPPED)
    if await all_goes_back(session, draft.order_id):
        raise InvalidTransition(OrderStatus.REFUNDED, OrderStatus.SHIPPED)
    stored = select(OrderLine).where(OrderLine.order_id == draft.order_id).order_by(OrderLine.position)
    lines = {line.id: line for line in await session.scalars(stored.execution_options(populate_existing=True))}
    units = _units(lines, draft.lines)
    whole = sum(line.quantity - line.shipped for line in lines.values()) == sum(units.values())
    await ship_units(session, [(lines[id_], count) for id_, count in units.items()], actor, now)
    shipment_id = await _write_shipment(session, draft, units, actor, now)
    await _mail_parcel(session, draft, [(lines[id_], count) for id_, count in units.items()], now)
    if not whole:
        await tell(session, now, OrderPartlyShipped(draft.order_id, shipment_id))
        return {}
    return await _finish(session, draft.order_id, shipment_id, lines, actor, now)


def _units(lines: Mapping[UUID, OrderLine], wanted: Sequence[tuple[UUID, int]] | None) -> dict[UUID, int]:
    left = {id_: line.quantity - line.shipped for id_, line in lines.items() if line.quantity > line.shipped}
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


async def _write_shipment(
    session: AsyncSession, draft: ShipmentDraft, units: Mapping[UUID, int], actor: str, now: datetime
) -> UUID:
    shipment_id = new_id()
    shipment = {
        "id": shipment_id,
        "order_id": draft.order_id,
        "carrier": draft.carrier.strip(),
        "tracking_number": draft.tracking_number,
        "actor": actor,
        "at": now,
    }
    await session.execute(insert(Shipment), [shipment])
    rows = [{"shipment_id": shipment_id, "line_id": id_, "quantity": n} for id_, n in units.items()]
    await session.execute(insert(ShipmentLine), rows)
    for id_, count in units.items():
        await session.execute(
            update(OrderLine)
            .where(OrderLine.id == id_)
            .values(shipped=OrderLine.shipped + count)
            .execution_options(synchronize_session=False)
        )
    return shipment_id


async def _mail_parcel(session: AsyncSession, draft: ShipmentDraft, units: Units, now: datetime) -> None:
    """What is in the parcel, and how to follow it."""
    parcel = [("carrier", draft.carrier.strip())]
    if draft.tracking_number is not None:
        parcel += [("tracking_number", draft.tracking_number)]
    mailed = (await mailed_orders(session, [draft.order_id], ()))[draft.order_id]
    told = replace(mailed, units=units_of(units), phrases={"parcel": parcel})
    await queue_order_mails(session, MailKind.ORDER_SHIPPED, [told], now)


async def _finish(
    session: AsyncSession,
    order_id: UUID,
    shipment_id: UUID,
    lines: Mapping[UUID, OrderLine],
    actor: str,
    now: datetime,
) -> ItemOrders:
    await move(session, order_id, OrderStatus.SHIPPED, now)
    await note(session, order_id, OrderStatus.SHIPPED, actor, now)
    sold = [(line.sku, line.flash_sale_item_id) for line in lines.values() if line.flash_sale_item_id]
    held = tuple(Held(sku, item_id) for sku, item_id in sold)
    await tell(session, now, OrderShipped(order_id, shipment_id, held))
    return {place: [order_id] for place in sold}
