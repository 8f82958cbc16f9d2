"""Arm a flash order: what one press will order is fixed before the sale, and how it is paid is set up."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import ArmedOrder, ArmedState
from services.flash_sale.find_items import find_item
from services.flash_sale.terms_for import terms_for
from services.order.flash_quotes import FlashQuote, parts_of_quote, quote_of
from services.order.place_armed import ARMED
from services.order.quote_flash_order import FlashQuoteWish, quote_flash_order
from services.payment.choose_provider import choose_provider
from services.payment.create_payment import checked_return_url
from services.payment.provider import ChargesLater, Declined, Refused, SetUp, SetUpStanding, Unreachable
from services.shared.errors import CannotChargeLater, NotFound, PurchaseLimitReached, TryAgain
from services.shared.idempotency import Request, do_once, recall
from services.shared.patience import or_try_again, transact_for_request

log = structlog.get_logger(__name__)
_OPERATION: Final = "armFlashOrder"
_STATES: Final = {True: ArmedState.READY, False: ArmedState.FAILED, None: ArmedState.SETTING_UP}


@dataclass(frozen=True, slots=True)
class ArmWish:
    """``base_url`` is where browsers reach this server; ``return_url`` where they go from the provider's page."""

    order: FlashQuoteWish
    provider: str | None
    return_url: str | None
    idempotency_key: str
    base_url: str


async def arm_flash_order(infra: Infra, wish: ArmWish) -> ArmedOrder:
    """Returns the armed order, or as it is now when the key made it earlier: asked again, it looks whether the
    customer has set up the payment meanwhile.

    Errors: InvalidInput, NotFound, FlashSaleNotRunning (it is over), PurchaseLimitReached, CannotChargeLater,
    IdempotencyConflict, RateLimited (wrong codes), TryAgain.
    """
    provider = choose_provider(infra, wish.provider)
    if not isinstance(provider, ChargesLater):
        raise CannotChargeLater(provider.name)
    url, customer_id = checked_return_url(infra, wish.return_url), wish.order.customer_id
    request = _request(wish)
    with or_try_again():
        async with infra.database.read() as session:
            armed_id = await recall(session, request)
        if armed_id is None:
            quote = await quote_flash_order(infra, wish.order, until_the_end=True)
            armed_id = await _store(infra, request, quote, wish.order.groups, provider.name, url)
        armed = await find_armed(infra, customer_id, armed_id)
        if armed.state == ArmedState.SETTING_UP and armed.provider == provider.name:
            await _follow(infra, provider, armed, wish.base_url)
            armed = await find_armed(infra, customer_id, armed_id)
    return armed


async def disarm_flash_order(infra: Infra, customer_id: UUID, armed_id: UUID) -> ArmedOrder:
    """Disarm an order that was not placed yet; what is over stays as it is. Errors: NotFound, TryAgain."""
    now = infra.now()
    change = {
        "state": ArmedState.DISARMED,
        "method": None,
        "redirect_url": None,
        "forget_at": now,
        "updated_at": now,
    }
    with or_try_again():
        await _change(infra, armed_id, customer_id, change)
        return await find_armed(infra, customer_id, armed_id)


async def find_armed(infra: Infra, customer_id: UUID, armed_id: UUID) -> ArmedOrder:
    """Errors: NotFound, for another's as well; StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.get(ArmedOrder, armed_id)
    if found is None or found.customer_id != customer_id:
        raise NotFound("There is no such armed order.")
    return found


async def find_set_up(infra: Infra, provider: str, reference: str) -> ArmedOrder | None:
    """Find the armed order of a provider's set-up. Errors: StoreUnavailable."""
    wanted = select(ArmedOrder).where(ArmedOrder.provider == provider, ArmedOrder.set_up == reference)
    async with infra.database.read() as session:
        return (await session.scalars(wanted.limit(1))).first()


def quote_of_armed(armed: ArmedOrder) -> FlashQuote:
    """Returns what the press takes; made anew it is the same order's."""
    return quote_of(armed.customer_id, armed.quote, armed.id)


def _request(wish: ArmWish) -> Request:
    order = wish.order
    address = None if order.address_id is None else order.address_id.hex
    parts = (address, order.shipping_method, order.discount_code, wish.provider, wish.return_url)
    currency = () if order.currency is None else (order.currency,)
    items = [part for item_id, quantity in sorted(order.wanted) for part in (item_id.hex, quantity)]
    return Request.of(order.customer_id, _OPERATION, wish.idempotency_key, *parts, *items, *currency)


async def _store(
    infra: Infra, request: Request, quote: FlashQuote, groups: frozenset[str], provider: str, url: str
) -> UUID:
    now, armed_id = infra.now(), new_id()
    found = [await find_item(infra, item.item_id) for item in quote.items]
    items = [terms_for(item, groups, quote.currency)[0] for item in found]
    row = ArmedOrder(
        id=armed_id,
        customer_id=quote.customer_id,
        state=ArmedState.SETTING_UP,
        quote=parts_of_quote(quote),
        provider=provider,
        return_url=url,
        attempts=0,
        expires_at=items[0].ends_at,
        created_at=now,
        updated_at=now,
    )

    async def work(session: AsyncSession) -> None:
        mine = select(ArmedOrder).where(ArmedOrder.customer_id == quote.customer_id, ArmedOrder.state.in_(ARMED))
        armed: Counter[UUID] = Counter()
        for one in await session.scalars(mine.where(ArmedOrder.expires_at > now)):
            armed.update(dict(quote_of_armed(one).wanted))
        for item in items:
            if armed[item.id] + dict(quote.wanted)[item.id] > item.per_customer_limit:
                raise PurchaseLimitReached(item.per_customer_limit, armed[item.id])
        session.add(row)

    return await do_once(infra, request, armed_id, work)


async def _follow(infra: Infra, provider: ChargesLater, armed: ArmedOrder, base_url: str) -> None:
    """Begin the set-up at the provider, or ask how it stands. Errors: TryAgain."""
    try:
        if armed.set_up is None:
            wish = SetUp(armed.id.hex, armed.customer_id.hex, base_url, armed.return_url)
            now = await provider.set_up(wish)
        else:
            now = await provider.fetch_set_up(armed.set_up)
    except (Declined, Refused) as error:
        log.info("armed.refused", armed_id=armed.id.hex, provider=armed.provider, reason=str(error))
        now = SetUpStanding(armed.set_up or "", is_ready=False)
    except Unreachable as error:
        raise TryAgain from error
    change: dict[str, Any] = {
        "state": _STATES[now.is_ready],
        "set_up": now.reference or None,
        "method": now.method,
        "updated_at": infra.now(),
    }
    if now.redirect_url is not None:
        change["redirect_url"] = now.redirect_url
    if now.is_ready is False:
        change["forget_at"] = infra.now()
    is_armed = await _change(infra, armed.id, armed.customer_id, change)
    if not is_armed and armed.set_up is None:  # disarmed while the provider was asked
        late = {"set_up": now.reference or None, "forget_at": infra.now()}
        await _change(infra, armed.id, armed.customer_id, late, (ArmedState.DISARMED, ArmedState.EXPIRED))


async def _change(
    infra: Infra,
    armed_id: UUID,
    customer_id: UUID,
    change: dict[str, Any],
    states: tuple[ArmedState, ...] = ARMED,
) -> bool:
    """Change it while it is in one of the states: what was placed meanwhile is left alone.

    Returns whether it was.
    """

    async def work(session: AsyncSession) -> bool:
        changed = await session.execute(
            update(ArmedOrder)
            .where(ArmedOrder.id == armed_id, ArmedOrder.customer_id == customer_id, ArmedOrder.state.in_(states))
            .values(change)
            .execution_options(synchronize_session=False)
        )
        return bool(changed.rowcount)  # type: ignore[attr-defined]

    return await transact_for_request(infra, work)
