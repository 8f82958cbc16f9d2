"""Place a flash order: reserve in Redis, publish to the event log, answer ACCEPTED. No database on this path."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from infra.clock import from_millis, to_millis
from infra.ids import new_id
from infra.runtime import Infra
from infra.telemetry import tracing
from models.flash_sale_document import FlashItemDoc
from models.order_document import LineSnapshot, OrderSnapshot, OrderView
from services.address.find_addresses import find_own_address
from services.flash_sale.find_items import forget_item
from services.flash_sale.find_ordered import Wanted, check_wanted, find_ordered
from services.flash_sale.terms_for import in_currency, terms_for
from services.order.charge_flash_order import Units, charge_flash_order
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
    remember,
)
from services.reservation.reserve_order import NO_OWN_TERMS, Own, reserve_order
from services.shared.errors import (
    AdmissionRequired,
    EmailNotConfirmed,
    FlashSaleNotRunning,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    PurchaseLimitReached,
    TryAgain,
)
from services.shared.fingerprint import fingerprint, key_problem
from services.shared.patience import or_try_again
from services.shared.viewer import NO_GROUPS

log = structlog.get_logger(__name__)
_STRAGGLERS = timedelta(minutes=1)
"""After a sale's end, in which its last orders come to the database."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """What is known of a customer: the person whose units are counted, where that is not the customer alone, and
    whether their e-mail address is confirmed; a guest's may be another's. ``groups``: the hex of the ids."""

    person_id: UUID | None = None
    email_confirmed: bool = False
    is_guest: bool = False
    groups: frozenset[str] = NO_GROUPS


NOBODY: Final = Buyer()


@dataclass(frozen=True, slots=True)
class FlashOrder:
    """What a customer asks for; ``admitted_to`` is the sale that their pass lets them into. A ``quote`` of
    theirs has its own address and currency, and says what the order costs. ``others``: further items of the same
    sale. ``currency``: the items' own when None."""

    customer_id: UUID
    item_id: UUID
    quantity: int
    idempotency_key: str
    address_id: UUID | None = None
    traceparent: str | None = None
    admitted_to: UUID | None = None
    quote: FlashQuote | None = None
    others: tuple[Wanted, ...] = ()
    buyer: Buyer = NOBODY
    currency: str | None = None

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        return (Wanted(self.item_id, self.quantity), *self.others)

    @property
    def chosen_currency(self) -> str | None:
        return self.currency if self.quote is None else self.quote.currency


async def place_flash_order(infra: Infra, wish: FlashOrder) -> OrderView:
    """Returns the order, ACCEPTED, or as it is now when the key made it earlier.

    Errors: InvalidInput, NotFound, FlashSaleNotRunning, PurchaseLimitReached, OutOfStock,
    IdempotencyConflict, AdmissionRequired, EmailNotConfirmed, TryAgain.
    """
    _check_wish(wish)
    begun = time.monotonic()
    with or_try_again():
        reservation, is_whole = await _reserve(infra, wish)
        if reservation.snapshot is None:
            return await _as_it_is(infra, wish.customer_id, reservation.order_id)
        order = reservation.snapshot
        if reservation.accepted:
            if not is_kept(infra, order):
                raise TryAgain
            await remember(infra, order)
        else:
            await _check_whole(infra, order, is_whole=is_whole or not reservation.fresh)
            await keep_order(infra, order, begun, wish.traceparent, fresh=reservation.fresh)
    return accepted_view(order)


async def _reserve(infra: Infra, wish: FlashOrder) -> tuple[Reservation, bool]:
    """Reserve with the item as this process remembers it; as the database has it when the script knows another
    price. Returns whether the order that was asked for was whole, too."""
    for _ in range(2):
        items, own = _seen_by(wish, await find_ordered(infra, wish.wanted, wish.chosen_currency))
        snapshot, is_whole = await _completed(infra, wish, items, _snapshot(infra, items, wish))
        await _check_public(infra, items, snapshot)
        await _check_admitted(infra, items[0][0], snapshot, wish)
        await _check_confirmed(infra, items[0][0], snapshot, wish)
        try:
            return await _reserve_for(infra, snapshot, wish.buyer, own), is_whole
        except StaleTerms:
            for item, _ in items:
                forget_item(infra, item.id)
        except NotLoaded:
            return await _without_counters(infra, items[0][0], snapshot), is_whole
    raise TryAgain


def _seen_by(wish: FlashOrder, items: Sequence[Units]) -> tuple[Sequence[Units], Own]:
    """Returns the items as they are for this buyer, in the currency of the order, and the buyer's own terms.

    Errors: InvalidInput.
    """
    if wish.currency is not None:
        in_currency([item for item, _ in items], wish.currency)
    if not any(item.mark for item, _ in items):
        return items, NO_OWN_TERMS
    found = [(terms_for(item, wish.buyer.groups, wish.chosen_currency), units) for item, units in items]
    return [(item, units) for (item, _), units in found], {item.id: own for (item, own), _ in found}


async def _reserve_for(infra: Infra, snapshot: OrderSnapshot, buyer: Buyer, own: Own) -> Reservation:
    """Errors: as ``reserve_order``."""
    try:
        return await reserve_order(infra, snapshot, own)
    except PurchaseLimitReached as error:
        if buyer.is_guest and not buyer.email_confirmed:
            # Who has only given an address is not told what its owner has ordered.
            raise PurchaseLimitReached(error.limit, error.limit) from None
        raise


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
    wanted, quote = wish.wanted, wish.quote
    check_wanted(wanted)
    problem = key_problem(wish.idempotency_key)
    if problem:
        raise InvalidInput.at("idempotencyKey", message=problem)
    if quote is not None and wish.currency not in (None, quote.currency):
        raise InvalidInput.at("currencyCode", message=f"is not the quote's, which is in {quote.currency}")
    if quote is not None and wish.address_id is not None:
        raise InvalidInput.at("quote", message="has its own address: give none beside it")
    if quote is not None and sorted(quote.wanted) != sorted(wanted):
        raise InvalidInput.at("quote", message="is of another item or quantity")


async def _check_public(infra: Infra, items: Sequence[Units], snapshot: OrderSnapshot) -> None:
    """What was archived or unpublished is sold no more; a retry finds its order all the same. Errors: NotFound."""
    if not all(item.is_public for item, _ in items) and not await is_key_known(infra, snapshot):
        raise NotFound("There is no such flash-sale item.")


async def _check_admitted(infra: Infra, item: FlashItemDoc, snapshot: OrderSnapshot, wish: FlashOrder) -> None:
    """A retry finds its order, whatever has become of the pass. Errors: AdmissionRequired."""
    if item.needs_pass and wish.admitted_to != item.sale_id and not await is_key_known(infra, snapshot):
        raise AdmissionRequired


async def _check_confirmed(infra: Infra, item: FlashItemDoc, snapshot: OrderSnapshot, wish: FlashOrder) -> None:
    """Errors: EmailNotConfirmed."""
    if item.confirmed_email_only and not wish.buyer.email_confirmed and not await is_key_known(infra, snapshot):
        raise EmailNotConfirmed


def _snapshot(infra: Infra, items: Sequence[Units], wish: FlashOrder) -> OrderSnapshot:
    lines = (LineSnapshot(item.sku, item.variant_id, item.id, item.title, n, item.price) for item, n in items)
    address = None if wish.address_id is None else wish.address_id.hex
    quote = wish.quote
    parts: list[str | int | None] = [part for item_id, n in sorted(wish.wanted) for part in (item_id.hex, n)]
    parts.append(address)
    if quote is not None:
        # Each time that an armed order is read, its quote is signed anew.
        parts.append(quote.mark if quote.armed is None else quote.armed.hex)
    elif wish.currency is not None:
        parts.append(wish.currency)
    return OrderSnapshot(
        id=new_id(),
        customer_id=wish.customer_id,
        idempotency_key=wish.idempotency_key,
        fingerprint=fingerprint("placeFlashOrder", *parts),
        currency=items[0][0].currency,
        payment_timeout_ms=round(infra.settings.orders.payment_timeout * 1000),
        lines=tuple(lines),
        placed_at=from_millis(0),  # the script's clock says when
        shipping_address=None if quote is None else quote.address,
        charges=None if quote is None else quote.charges,
        traceparent=tracing.traceparent(),
        code_hold=None if quote is None else quote.code_hold,
        armed=None if quote is None else quote.armed,
        buyer_id=wish.buyer.person_id,
        quoted_total=None if quote is None else quote.total,
    )


async def _completed(
    infra: Infra, wish: FlashOrder, items: Sequence[Units], bare: OrderSnapshot
) -> tuple[OrderSnapshot, bool]:
    """Returns the order with its address and what it costs, as they are now or were quoted, and True. A retry
    finds its order, whatever has become of these since: then as it is, and False.

    Errors: NotFound, for another's address as well; InvalidInput, StoreUnavailable.
    """
    try:
        if wish.quote is not None:
            _check_quote(infra, items, wish.quote)
            return bare, True
        if items[0][0].requires_delivery:
            raise InvalidInput.at("quote", message="is needed in this sale: it says where the order goes and how")
        address = None
        if wish.address_id is not None:
            address = await find_own_address(infra, wish.customer_id, wish.address_id)
        charges = await charge_flash_order(infra, items, address)
    except (NotFound, InvalidInput):
        if await is_key_known(infra, bare):
            return bare, False
        raise
    if address is None and charges is None:
        return bare, True
    return replace(bare, shipping_address=address, charges=charges), True


def _check_quote(infra: Infra, items: Sequence[Units], quote: FlashQuote) -> None:
    if quote.expires_ms <= to_millis(infra.now()):
        raise InvalidInput.at("quote", message="has expired: ask for a new one")
    price_of = {item.item_id: item.price for item in quote.items}
    if any((price_of[item.id], quote.currency) != (item.price, item.currency) for item, _ in items):
        raise InvalidInput.at("quote", message="is of another price than there is now: ask for a new one")
    if items[0][0].requires_delivery and quote.address is None:
        raise InvalidInput.at("quote", message="has no address: this sale needs one")


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
