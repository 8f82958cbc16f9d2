"""Place a flash order: reserve in Redis, publish to the event log, answer ACCEPTED. No database on this path."""

import time
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog

from infra.clock import from_millis, to_millis
from infra.ids import new_id
from infra.runtime import Infra
from infra.telemetry import tracing
from models.flash_sale_document import FlashItemDoc
from models.order_document import LineSnapshot, OrderSnapshot, OrderView
from services.address.find_addresses import find_own_address
from services.flash_sale.find_items import find_item, forget_item
from services.flash_sale.rules import MAX_QUANTITY
from services.order.charge_flash_order import charge_flash_order
from services.order.find_orders import find_by_key, find_order
from services.order.flash_quotes import FlashQuote
from services.order.keep_orders import is_kept, keep_order
from services.order.views import accepted_view
from services.reservation.release import Forget, group, release
from services.reservation.reserve import (
    NotLoaded,
    Reservation,
    StaleTerms,
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
from services.shared.fingerprint import fingerprint, key_problem
from services.shared.patience import or_try_again

log = structlog.get_logger(__name__)
_STRAGGLERS = timedelta(minutes=1)
"""After a sale's end, in which its last orders come to the database."""


@dataclass(frozen=True, slots=True)
class FlashOrder:
    """What a customer asks for; ``admitted_to`` is the sale that their pass lets them into. A ``quote`` of
    theirs has its own address, and says what the order costs."""

    customer_id: UUID
    item_id: UUID
    quantity: int
    idempotency_key: str
    address_id: UUID | None = None
    traceparent: str | None = None
    admitted_to: UUID | None = None
    quote: FlashQuote | None = None


async def place_flash_order(infra: Infra, wish: FlashOrder) -> OrderView:
    """Returns the order, ACCEPTED, or as it is now when the key made it earlier.

    Errors: InvalidInput, NotFound, FlashSaleNotRunning, PurchaseLimitReached, OutOfStock,
    IdempotencyConflict, AdmissionRequired, TryAgain.
    """
    _check_wish(wish)
    begun = time.monotonic()
    with or_try_again():
        reservation, is_whole = await _reserve(infra, wish)
        if reservation.snapshot is None:
            return await _as_it_is(infra, wish.customer_id, reservation.order_id)
        if reservation.accepted and not is_kept(infra, reservation.snapshot):
            raise TryAgain
        if not reservation.accepted:
            order = reservation.snapshot
            await _check_whole(infra, order, is_whole=is_whole or not reservation.fresh)
            await keep_order(infra, order, begun, wish.traceparent, fresh=reservation.fresh)
    return accepted_view(reservation.snapshot)


async def _reserve(infra: Infra, wish: FlashOrder) -> tuple[Reservation, bool]:
    """Reserve with the item as this process remembers it; as the database has it when the script knows another
    price. Returns whether the order that was asked for was whole, too."""
    for _ in range(2):
        item = await find_item(infra, wish.item_id)
        snapshot, is_whole = await _completed(infra, wish, item, _snapshot(infra, item, wish))
        await _check_public(infra, item, snapshot)
        await _check_admitted(infra, item, snapshot, wish)
        try:
            return await reserve(infra, snapshot), is_whole
        except StaleTerms:
            forget_item(infra, item.id)
        except NotLoaded:
            return await _without_counters(infra, item, snapshot), is_whole
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
    quote = wish.quote
    if quote is not None and wish.address_id is not None:
        raise InvalidInput.at("quote", message="has its own address: give none beside it")
    if quote is not None and (quote.item_id, quote.quantity) != (wish.item_id, wish.quantity):
        raise InvalidInput.at("quote", message="is of another item or quantity")


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
    quote = wish.quote
    quoted = () if quote is None else (quote.mark,)
    return OrderSnapshot(
        id=new_id(),
        customer_id=wish.customer_id,
        idempotency_key=wish.idempotency_key,
        fingerprint=fingerprint("placeFlashOrder", item.id.hex, wish.quantity, address, *quoted),
        currency=item.currency,
        payment_timeout_ms=round(infra.settings.orders.payment_timeout * 1000),
        lines=(line,),
        placed_at=from_millis(0),  # the script's clock says when
        shipping_address=None if quote is None else quote.address,
        charges=None if quote is None else quote.charges,
        traceparent=tracing.traceparent(),
    )


async def _completed(
    infra: Infra, wish: FlashOrder, item: FlashItemDoc, bare: OrderSnapshot
) -> tuple[OrderSnapshot, bool]:
    """Returns the order with its address and what it costs, as they are now or were quoted, and True. A retry
    finds its order, whatever has become of these since: then as it is, and False.

    Errors: NotFound, for another's address as well; InvalidInput, StoreUnavailable.
    """
    try:
        if wish.quote is not None:
            _check_quote(infra, item, wish.quote)
            return bare, True
        address = None
        if wish.address_id is not None:
            address = await find_own_address(infra, wish.customer_id, wish.address_id)
        charges = await charge_flash_order(infra, item, wish.quantity, address)
    except (NotFound, InvalidInput):
        if await is_key_known(infra, bare):
            return bare, False
        raise
    if address is None and charges is None:
        return bare, True
    return replace(bare, shipping_address=address, charges=charges), True


def _check_quote(infra: Infra, item: FlashItemDoc, quote: FlashQuote) -> None:
    if quote.expires_ms <= to_millis(infra.now()):
        raise InvalidInput.at("quote", message="has expired: ask for a new one")
    if (quote.price, quote.currency) != (item.price, item.currency):
        raise InvalidInput.at("quote", message="is of another price than there is now: ask for a new one")


async def _as_it_is(infra: Infra, customer_id: UUID, order_id: UUID) -> OrderView:
    found = await find_order(infra, order_id, customer_id)
    if found is None:
        raise TryAgain
    return found


async def _check_whole(infra: Infra, order: OrderSnapshot, *, is_whole: bool) -> None:
    """Errors: TryAgain, for what was taken for a retry, when that was given up at this very moment."""
    if not is_whole:
        by_item, _ = group([order])
        await release(infra, by_item, forget=Forget.UNTOUCHED)
        raise TryAgain
