"""A flash order costs what the cart says: quoted before the click, in its books and in its receipt."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from joserfc.jwk import ECKey
from sqlalchemy import select

from infra.cache.memory import Memory
from infra.clock import to_millis
from infra.database import Database
from infra.ids import new_id
from infra.runtime import Infra
from infra.signing_keys import SigningKeys
from models import MailKind, Order, OrderStatus, QueuedMail
from models.address_document import AddressDoc
from models.charges_document import Charges, RateTax
from models.flash_sale_document import FlashItemDoc
from services.charges.change_tax_region import RegionChange, change_tax_region
from services.charges.check_region import RegionDraft
from services.charges.check_zone import PlaceDraft
from services.charges.create_shipping_zone import create_shipping_zone
from services.charges.create_tax_region import create_tax_region
from services.charges.delete_shipping_zone import delete_shipping_zone
from services.charges.read_rules import read_rules
from services.charges.views import list_rules
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.flash_sale.find_ordered import Wanted
from services.order.cancel_order import Cancellation, cancel_order
from services.order.flash_quotes import FlashQuote, FlashQuotes
from services.order.place_flash_order import FlashOrder, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish, quote_flash_order
from services.reconcile.reconcile import reconcile
from services.shared.errors import FlashSaleNotRunning, IdempotencyConflict, InvalidInput, NotFound
from tests.books import counters
from tests.factories import order_wish, running_sale, sale_of, variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.money import approve, asked, begin, book, deliver, refund_all_due, status_of, told
from tests.integration.test_charge_rules import region, zone
from tests.integration.test_checkout import address_in, put
from tests.modes import ONE_MODE
from tests.workers import persist_all

# 19 % of 5.00 and 5.90 on top: 2.071.
OF_5 = Charges(500, 0, 590, 0, 207, False, "parcel", taxes=(RateTax(190_000, 1090, 207),))
QUOTES = SigningKeys.of(ECKey.generate_key("P-256", private=True))


@pytest.fixture
async def charging(infra: Infra) -> Infra:
    await create_shipping_zone(infra, zone(PlaceDraft("DE")), asked())
    await create_tax_region(infra, region("19"), asked())
    return infra


async def quote(infra: Infra, item: FlashItemDoc, customer: UUID, quantity: int = 1) -> FlashQuote:
    home = await address_in(infra, customer, "DE")
    return await quote_flash_order(infra, FlashQuoteWish(customer, item.id, quantity, home))


def click(made: FlashQuote, key: str = "key") -> FlashOrder:
    (item_id, quantity, _), *others = made.items
    more = tuple(Wanted(other.item_id, other.quantity) for other in others)
    return FlashOrder(made.customer_id, item_id, quantity, key, quote=made, others=more)


async def test_it_costs_what_the_cart_says_to_the_last_book(charging: Infra) -> None:
    infra, customer = charging, new_id()
    variant = await variant_in_stock(infra, price=500)
    home = await address_in(infra, customer, "DE")
    await put(infra, customer, variant, 1)
    by_cart = await checkout(infra, Checkout(customer, "cart", Terms(home)))
    item = await sale_of(infra, variant.sku, quantity=3, price="5.00")
    plain = FlashOrder(customer, item.id, 1, "flash", home)
    order = await place_flash_order(infra, plain)
    assert (order.charges, order.total) == (by_cart.charges, by_cart.total) == (OF_5, 1297)
    assert await place_flash_order(infra, plain) == order
    made = await quote_flash_order(infra, FlashQuoteWish(customer, item.id, 1, home))
    assert (made.charges, made.total) == (OF_5, 1297)
    quotes = FlashQuotes(QUOTES, infra.now)
    made = quotes.read(quotes.sign(made), customer)
    quoted = await place_flash_order(infra, click(made, "quoted"))
    assert (quoted.charges, quoted.total, quoted.shipping_address) == (OF_5, 1297, order.shipping_address)
    await persist_all(infra)
    async with infra.database.read() as session:
        rows = [(row.total, row.charges) for row in await session.scalars(select(Order).order_by(Order.id))]
    assert rows == [(1297, OF_5.to_json())] * 3
    payment = await begin(infra, order)
    await approve(infra, payment)
    await deliver(infra, told(payment))
    assert (payment.amount, await status_of(infra, order.id)) == (1297, OrderStatus.PAID)
    accounts = await book(infra)
    assert accounts["orders", "EUR"] == -1297
    async with infra.database.read() as session:
        receipts = select(QueuedMail).where(QueuedMail.kind == MailKind.RECEIPT)
        [receipt] = [mail.data["sums"] for mail in await session.scalars(receipts)]
    assert [line.split(": ")[1] for line in receipt.splitlines()] == [
        "5.00 EUR",
        "5.90 EUR",
        "2.07 EUR (19 % × 10.90 EUR)",
        "12.97 EUR",
    ]
    await cancel_order(infra, Cancellation(customer, order.id, None, "cancel"))
    await refund_all_due(infra)
    assert ("orders", "EUR") not in await book(infra)
    assert (await reconcile(infra)).differences == []


async def test_the_click_asks_no_database(charging: Infra) -> None:
    infra, customer = charging, new_id()
    item = await running_sale(infra, quantity=9, price="5.00")
    made = await quote(infra, item, customer)
    await create_shipping_zone(infra, zone(PlaceDraft("*"), price="1.00", name="World"), asked())
    plain = await place_flash_order(infra, order_wish(item))
    assert plain.charges == Charges(500, 0, 100, 0, 0, False, "parcel")
    with statements(infra) as seen:
        quoted = await place_flash_order(infra, click(made))
        again = await place_flash_order(infra, order_wish(item))
    assert seen == []
    assert (quoted.charges, again.charges) == (OF_5, plain.charges)
    assert isinstance(quoted.shipping_address, AddressDoc)
    assert quoted.shipping_address.country_code == "DE"


async def test_a_quote_is_kept_whatever_becomes_of_the_rules(charging: Infra) -> None:
    infra, customer = charging, new_id()
    item = await running_sale(infra, quantity=9, price="5.00")
    made = await quote(infra, item, customer, 2)
    rules = await list_rules(infra)
    await delete_shipping_zone(infra, rules.zones[0].id, 1, asked())
    dearer = RegionDraft((("standard", Decimal(50)),))
    await change_tax_region(infra, RegionChange(rules.regions[0].id, 1, dearer), asked())
    order = await place_flash_order(infra, click(made))
    assert order.charges == Charges(1000, 0, 590, 0, 302, False, "parcel", taxes=(RateTax(190_000, 1590, 302),))
    # A click without one has the rules of now, at once.
    assert made.address is not None
    now = await place_flash_order(infra, FlashOrder(customer, item.id, 2, "now", made.address.id))
    assert now.charges == Charges(1000, 0, 0, 0, 500, False, "standard", taxes=(RateTax(500_000, 1000, 500),))


async def test_where_nothing_ships_nothing_is_taken(charging: Infra) -> None:
    infra, customer = charging, new_id()
    item = await running_sale(infra, quantity=9, price="5.00")
    abroad, home = await address_in(infra, customer, "FR"), new_id()
    for wish in (FlashOrder(customer, item.id, 1, "a", abroad), FlashOrder(home, item.id, 1, "b")):
        with pytest.raises(InvalidInput) as refused:
            await place_flash_order(infra, wish)
        assert [problem.path for problem in refused.value.problems] == [("input", "addressId")]
        asking = FlashQuoteWish(wish.customer_id, item.id, 1, wish.address_id)
        with pytest.raises(InvalidInput):
            await quote_flash_order(infra, asking)
    assert (await counters(infra, item)).remaining == 9
    # What was ordered before is found by its key, though nothing is shipped there any more.
    world = await create_shipping_zone(infra, zone(PlaceDraft("*"), name="World"), asked())
    order = await place_flash_order(infra, wish)
    await delete_shipping_zone(infra, world, 1, asked())
    assert await place_flash_order(infra, wish) == order
    with pytest.raises(InvalidInput):
        await place_flash_order(infra, FlashOrder(new_id(), item.id, 1, "b"))
    assert (await counters(infra, item)).remaining == 8


@ONE_MODE
async def test_what_a_quote_is_not_for_is_refused_by_name(charging: Infra) -> None:
    infra, customer = charging, new_id()
    item = await running_sale(infra, quantity=9, price="5.00")
    made = await quote(infra, item, customer)
    wrong = [
        replace(click(made), quantity=2),
        replace(click(made), item_id=(await running_sale(infra, quantity=1)).id),
        replace(click(made), address_id=new_id()),
        click(replace(made, items=(made.items[0]._replace(price=499),))),
        click(replace(made, expires_ms=to_millis(infra.now()))),
    ]
    for wish in wrong:
        with pytest.raises(InvalidInput) as refused:
            await place_flash_order(infra, wish)
        assert [problem.path for problem in refused.value.problems] == [("input", "quote")]
    assert (await counters(infra, item)).remaining == 9
    order = await place_flash_order(infra, click(made))
    # A retry finds its order, though the quote has expired since; another quote with its key is another order.
    assert await place_flash_order(infra, click(replace(made, expires_ms=to_millis(infra.now())))) == order
    with pytest.raises(IdempotencyConflict):
        await place_flash_order(infra, click(replace(made, mark="another")))
    with pytest.raises(IdempotencyConflict):
        await place_flash_order(infra, FlashOrder(customer, item.id, 1, "key"))
    assert (await counters(infra, item)).remaining == 8


@ONE_MODE
async def test_what_cannot_be_quoted(charging: Infra) -> None:
    infra, customer = charging, new_id()
    home = await address_in(infra, customer, "DE")
    item = await running_sale(infra, quantity=9)
    with pytest.raises(InvalidInput):
        await quote_flash_order(infra, FlashQuoteWish(customer, item.id, 0))
    with pytest.raises(NotFound):
        await quote_flash_order(infra, FlashQuoteWish(customer, new_id(), 1))
    with pytest.raises(NotFound):
        await quote_flash_order(infra, FlashQuoteWish(customer, item.id, 1, new_id()))
    with pytest.raises(InvalidInput) as refused:
        await quote_flash_order(infra, FlashQuoteWish(customer, item.id, 1, home, "drone"))
    assert [problem.path for problem in refused.value.problems] == [("input", "shippingMethod")]
    soon = await sale_of(infra, (await variant_in_stock(infra)).sku, quantity=1, starts_in=1800)
    ahead = await quote_flash_order(infra, FlashQuoteWish(customer, soon.id, 1, home))
    assert ahead.expires_ms == to_millis(soon.starts_at + timedelta(minutes=15))
    over = replace(infra, now=lambda: soon.ends_at)
    with pytest.raises(FlashSaleNotRunning):
        await quote_flash_order(over, FlashQuoteWish(customer, soon.id, 1, home))


@ONE_MODE
async def test_only_what_the_shop_has_signed_is_read(charging: Infra) -> None:
    infra, customer = charging, new_id()
    item = await running_sale(infra, quantity=9)
    made = await quote(infra, item, customer)
    quotes = FlashQuotes(QUOTES, infra.now)
    text = quotes.sign(made)
    assert quotes.read(text, customer) == replace(made, mark=text.rpartition(".")[2])
    assert quotes.sign(made) != text
    kid, body, mac = text.split(".")
    others = FlashQuotes(SigningKeys.of(ECKey.generate_key("P-256", private=True)), infra.now)
    flipped = body[:40] + ("A" if body[40] != "A" else "B") + body[41:]
    for bad in ("", ".", "..", "é" * 10, kid, f"{kid}.{body}", f"{kid}.{body}.", f"{kid}.{flipped}.{mac}",
                f"{kid}.{body}.{mac[:-1]}", f"x.{body}.{mac}", others.sign(made), text * 50):  # fmt: skip
        with pytest.raises(InvalidInput) as refused:
            quotes.read(bad, customer)
        assert [problem.path for problem in refused.value.problems] == [("input", "quote")]
    with pytest.raises(InvalidInput):
        quotes.read(text, new_id())


@ONE_MODE
async def test_a_shop_that_charges_nothing_goes_on_as_it_was(infra: Infra) -> None:
    item = await running_sale(infra, quantity=9, price="5.00")
    order = await place_flash_order(infra, order_wish(item))
    assert (order.charges, order.total) == (None, 500)


@ONE_MODE
async def test_while_the_database_is_away_orders_go_on_by_the_rules_that_are_known(charging: Infra) -> None:
    infra = charging
    await create_shipping_zone(infra, zone(PlaceDraft("*"), name="World"), asked())
    item = await running_sale(infra, quantity=9, price="5.00")
    known = await place_flash_order(infra, order_wish(item))
    away = Database("mysql+asyncmy://nobody@127.0.0.1:1/nothing", read_timeout=1.0)
    cut_off = replace(infra, database=away)
    infra.hearing.doubt()  # it may have missed a change, and cannot ask
    for _ in range(2):
        assert (await place_flash_order(cut_off, order_wish(item))).charges == known.charges
    forgetful = replace(cut_off, memory=Memory(infra.hearing))
    assert await read_rules(forgetful) == await read_rules(infra)
    await away.close()
