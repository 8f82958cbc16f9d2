"""Place a flash order: reserve in Redis, publish to the event log, answer ACCEPTED. No database on this path."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog

from infra.clock import from_millis
from infra.cloudevents import MEDIA_TYPE
from infra.errors import PublishRefused, PublishUnknown
from infra.ids import new_id
from infra.runtime import Infra
from infra.telemetry import tracing
from infra.telemetry.messages import sending
from models.flash_sale_document import FlashItemDoc
from models.order_document import LineSnapshot, OrderSnapshot, OrderView
from services.address.find_addresses import find_own_address
from services.flash_sale.find_items import find_item, forget_item
from services.flash_sale.rules import MAX_QUANTITY
from services.order.find_orders import find_by_key, find_order
from services.order.views import accepted_view
from services.reservation.keys import accepted_key, with_scripts
from services.reservation.release import Forget, ItemOrders, release
from services.reservation.reserve import (
    CLAIM_SECONDS,
    NotLoaded,
    Reservation,
    StaleTerms,
    acceptance,
    claim,
    is_key_known,
    reserve,
)
from services.shared.errors import (
    AdmissionRequired,
    FlashSaleNotRunning,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    TryAgain,
)
from services.shared.event import encode
from services.shared.events import ORDERS, OrderPlaced
from services.shared.fingerprint import fingerprint, key_problem
from services.shared.patience import or_try_again, requests_patience

log = structlog.get_logger(__name__)
_STRAGGLERS = timedelta(minutes=1)
"""After a sale's end, in which its last orders come to the database."""


@dataclass(frozen=True, slots=True)
class FlashOrder:
    """What a customer asks for; ``admitted_to`` is the sale that their pass lets them into."""

    customer_id: UUID
    item_id: UUID
    quantity: int
    idempotency_key: str
    address_id: UUID | None = None
    traceparent: str | None = None
    admitted_to: UUID | None = None


async def place_flash_order(infra: Infra, wish: FlashOrder) -> OrderView:
    """Returns the order, ACCEPTED, or as it is now when the key made it earlier.

    Errors: InvalidInput, NotFound, FlashSaleNotRunning, PurchaseLimitReached, OutOfStock,
    IdempotencyConflict, AdmissionRequired, TryAgain.
    """
    _check_wish(wish)
    begun = time.monotonic()
    with or_try_again():
        reservation = await _reserve(infra, wish)
        if reservation.snapshot is None:
            return await _as_it_is(infra, wish.customer_id, reservation.order_id)
        if not reservation.accepted:
            await _claim_key(infra, reservation, wish)
            await _publish(infra, reservation, wish.traceparent)
            await _accept(infra, reservation.snapshot, begun)
    return accepted_view(reservation.snapshot)


async def _reserve(infra: Infra, wish: FlashOrder) -> Reservation:
    """Reserve with the item as this process remembers it; as the database has it when the script knows another
    price."""
    for _ in range(2):
        item = await find_item(infra, wish.item_id)
        snapshot = await _addressed(infra, wish, _snapshot(infra, item, wish))
        await _check_public(infra, item, snapshot)
        await _check_admitted(infra, item, snapshot, wish)
        try:
            return await reserve(infra, snapshot, snapshot.fingerprint)
        except StaleTerms:
            forget_item(infra, item.id)
        except NotLoaded:
            return await _without_counters(infra, item, snapshot)
    raise TryAgain


async def _without_counters(infra: Infra, item: FlashItemDoc, snapshot: OrderSnapshot) -> Reservation:
    """They are being loaded, or the sale is over: nobody loads those again, and the database has its orders."""
    over_at, now = item.closed_at or item.ends_at, infra.now()
    if now < item.starts_at and now < over_at:
        raise FlashSaleNotRunning(item.starts_at, item.ends_at)
    if now - _STRAGGLERS < over_at:
        raise TryAgain(500)
    known = await find_by_key(infra, snapshot.customer_id, snapshot.idempotency_key)
    if known is None:
        raise FlashSaleNotRunning(item.starts_at, item.ends_at)
    if known.fingerprint != snapshot.fingerprint:
        raise IdempotencyConflict
    return Reservation(known.order_id, None, False)


def _check_wish(wish: FlashOrder) -> None:
    if not 1 <= wish.quantity <= MAX_QUANTITY:
        raise InvalidInput.at("quantity", message=f"must be 1 to {MAX_QUANTITY}")
    problem = key_problem(wish.idempotency_key)
    if problem:
        raise InvalidInput.at("idempotencyKey", message=problem)


async def _check_public(infra: Infra, item: FlashItemDoc, snapshot: OrderSnapshot) -> None:
    """What was archived or unpublished is sold no more; a retry finds its order all the same. Errors: NotFound."""
    if not item.is_public and not await is_key_known(infra, snapshot):
        raise NotFound("There is no such flash-sale item.")


async def _check_admitted(infra: Infra, item: FlashItemDoc, snapshot: OrderSnapshot, wish: FlashOrder) -> None:
    """A retry finds its order, whatever has become of the pass. Errors: AdmissionRequired."""
    if item.needs_pass and wish.admitted_to != item.sale_id and not await is_key_known(infra, snapshot):
        raise AdmissionRequired


def _snapshot(infra: Infra, item: FlashItemDoc, wish: FlashOrder) -> OrderSnapshot:
    line = LineSnapshot(item.sku, item.variant_id, item.id, item.title, wish.quantity, item.price)
    address = None if wish.address_id is None else wish.address_id.hex
    return OrderSnapshot(
        id=new_id(),
        customer_id=wish.customer_id,
        idempotency_key=wish.idempotency_key,
        fingerprint=fingerprint("placeFlashOrder", item.id.hex, wish.quantity, address),
        currency=item.currency,
        payment_timeout_ms=round(infra.settings.orders.payment_timeout * 1000),
        lines=(line,),
        placed_at=from_millis(0),  # the script's clock says when
        traceparent=tracing.traceparent(),
    )


async def _addressed(infra: Infra, wish: FlashOrder, snapshot: OrderSnapshot) -> OrderSnapshot:
    """Returns the order with the address as it is now. Errors: NotFound, for another's as well."""
    if wish.address_id is None:
        return snapshot
    try:
        address = await find_own_address(infra, wish.customer_id, wish.address_id)
    except NotFound:
        # A retry finds its order, whatever has become of the address since.
        if await is_key_known(infra, snapshot):
            return snapshot
        raise
    return replace(snapshot, shipping_address=address)


async def _as_it_is(infra: Infra, customer_id: UUID, order_id: UUID) -> OrderView:
    found = await find_order(infra, order_id, customer_id)
    if found is None:
        raise TryAgain
    return found


async def _claim_key(infra: Infra, reservation: Reservation, wish: FlashOrder) -> None:
    """The reservation's own key is only unique within its item: another item may have used it before."""
    order = reservation.snapshot
    assert order is not None
    if reservation.fresh and wish.address_id is not None and order.shipping_address is None:
        # It was taken for a retry, and what it would have retried was given up at this very moment.
        await release(infra, _held(order), forget=Forget.UNTOUCHED)
        raise TryAgain
    try:
        await claim(infra, order.customer_id, order.idempotency_key, order.fingerprint)
    except IdempotencyConflict:
        await release(infra, _held(order), forget=Forget.YES)
        raise


async def _publish(infra: Infra, reservation: Reservation, traceparent: str | None) -> None:
    order = reservation.snapshot
    assert order is not None
    try:
        with sending(infra.events.attributes(ORDERS)):
            event = OrderPlaced(order)
            message = encode(event, order.placed_at, tracing.traceparent() or traceparent)
            await infra.events.publish(event.topic, event.key, message, media_type=MEDIA_TYPE)
    except PublishUnknown:
        # The log may still take it: the hold stays, and the same key finds it.
        log.warning("order.unconfirmed", order_id=str(order.id))
        raise
    except PublishRefused:
        if reservation.fresh:
            await release(infra, _held(order), forget=Forget.UNTOUCHED)
        raise


async def _accept(infra: Infra, order: OrderSnapshot, begun: float) -> None:
    """Make it an accepted order, that the customer can read before the database has it.

    An answer that took this long (the process was stopped, say) may have been overtaken by the reconciler: the
    customer must ask again. The same when the counters that the units came from are no more: a loader that
    replaces them from here on reads what is in the log by now, one that was faster may have missed it. The same
    when the sale was paused or ended meanwhile, and this request had been given up.
    """
    if time.monotonic() - begun > accept_window(infra):
        raise TryAgain
    line = order.lines[0]
    assert line.flash_sale_item_id is not None
    key = accepted_key(order.customer_id)
    remember = ("HSET", key, order.id.hex, f"{line.flash_sale_item_id.hex}|{line.sku}")
    keep = ("EXPIRE", key, CLAIM_SECONDS)
    *_, accepted = await with_scripts(infra.redis, remember, keep, acceptance(infra, order))
    if not accepted:
        raise TryAgain
    infra.signals.send((line.flash_sale_item_id,))


def accept_window(infra: Infra) -> float:
    """Returns the seconds after its begin in which a request may still answer ACCEPTED."""
    return requests_patience(infra)


def _held(order: OrderSnapshot) -> ItemOrders:
    line = order.lines[0]
    assert line.flash_sale_item_id is not None
    return {(line.sku, line.flash_sale_item_id): [order.id]}
