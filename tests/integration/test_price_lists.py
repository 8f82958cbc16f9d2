"""Price lists: what a variant costs a member of a group, in the catalog and in what is ordered."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import func, select

from infra.ids import new_id
from infra.runtime import Infra
from models import ListedPrice, Variant
from models.documents import VariantDoc
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import NO_TERMS
from services.checkout.create_quote import create_quote
from services.draft.create_draft import create_draft
from services.draft.rules import DraftWish, LineWish
from services.order.change_order import change_order
from services.order.work_out_change import OrderChange
from services.price_list.change_price_list import change_price_list
from services.price_list.create_price_list import create_price_list
from services.price_list.delete_price_list import delete_price_list
from services.price_list.own_products import own_products
from services.price_list.rules import ListDraft, PriceWish
from services.price_list.set_list_prices import set_list_prices
from services.price_list.views import ListView, find_price_lists
from services.shared.asked import Asked
from services.shared.errors import InvalidInput, NotFound, StaleVersion
from services.user.change_customers import CustomersChange, change_customers
from services.user.change_group import create_group, delete_group
from services.user.register import register
from tests.factories import variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.money import asked
from tests.modes import ONE_MODE

STAFF = new_id()


def eur(sku: str, price: str | None) -> PriceWish:
    return PriceWish(sku, "EUR", None if price is None else Decimal(price))


async def group(infra: Infra, name: str) -> UUID:
    return await create_group(infra, name, Asked(STAFF, name, "test"))


async def a_list(infra: Infra, name: str, groups: tuple[UUID, ...], *prices: PriceWish) -> ListView:
    made = await create_price_list(infra, ListDraft(name, groups), Asked(STAFF, name, "test"))
    return await set_list_prices(infra, made.id, 1, prices, STAFF)


async def seen(infra: Infra, variant: Variant, *groups: UUID) -> VariantDoc:
    """What it is to who is in these groups."""
    found = await own_products(infra, [variant.product_id], [one.hex for one in groups])
    own = found[variant.product_id].variant(variant.id)
    assert own is not None
    return own


async def test_the_lowest_price_of_all_lists_counts(infra: Infra) -> None:
    variant, other = await variant_in_stock(infra), await variant_in_stock(infra)
    vip, club = await group(infra, "VIP"), await group(infra, "Club")
    dollars = PriceWish(variant.sku, "USD", Decimal(45))
    cheap = await a_list(infra, "A", (vip,), eur(variant.sku, "40.00"), dollars, eur(other.sku, "60"))
    await a_list(infra, "B", (vip, club), eur(variant.sku, "42.00"))
    assert (await seen(infra, variant)).price == 5000
    assert (await seen(infra, variant, club)).price == 4200
    assert (await seen(infra, variant, vip, club)).price == 4000
    assert (await seen(infra, variant, vip)).price_in("USD").amount == 4500
    assert (await seen(infra, variant, club)).price_in("USD").currency == "EUR"
    assert (await seen(infra, other, vip)).price == 5000  # everybody's is lower
    product = (await own_products(infra, [variant.product_id], [club.hex]))[variant.product_id]
    assert (product.min_price, product.max_price) == (4200, 4200)
    with statements(infra) as asked_of_nobody:
        await seen(infra, variant)
    with statements(infra) as asked_of_a_member:
        await seen(infra, variant, vip, club)
    assert (len(asked_of_nobody), len(asked_of_a_member)) == (0, 2)

    now, hour = infra.now(), timedelta(hours=1)
    for starts, ends, price in (  # of both lists
        (now + hour, None, 4200),
        (None, now - hour, 4200),
        (now - hour, now + hour, 4000),
    ):
        draft = ListDraft("A", (vip,), starts, ends)
        cheap = await change_price_list(infra, cheap.id, cheap.version, draft, STAFF)
        assert (await seen(infra, variant, vip)).price == price
    await change_price_list(infra, cheap.id, cheap.version, ListDraft("A", ()), STAFF)
    assert (await seen(infra, variant, vip)).price == 4200
    await delete_group(infra, vip, 1, STAFF)
    assert (await seen(infra, variant, vip)).price == 5000


async def test_of_two_who_set_prices_one_wins(infra: Infra) -> None:
    variants = [await variant_in_stock(infra) for _ in range(3)]
    made = await a_list(infra, "A", (), *(eur(variant.sku, "1") for variant in variants))
    again = await create_price_list(infra, ListDraft("A", ()), Asked(STAFF, "A", "test"))
    assert (again.id, again.version) == (made.id, made.version) == (made.id, 2)
    wishes = [[eur(variant.sku, price) for variant in variants] for price in ("2", "3")]
    done = await asyncio.gather(
        *(set_list_prices(infra, made.id, 2, wish, STAFF) for wish in wishes), return_exceptions=True
    )
    assert [type(one) for one in done if isinstance(one, Exception)] == [StaleVersion]
    with statements(infra) as few:
        await set_list_prices(infra, made.id, 3, [eur(variants[0].sku, None)], STAFF)
    with statements(infra) as more:
        await set_list_prices(infra, made.id, 4, wishes[0], STAFF)
    assert len(more) - len(few) == 2  # to count them, and to write them

    async def refused(*prices: PriceWish) -> list[str]:
        with pytest.raises(InvalidInput) as error:
            await set_list_prices(infra, made.id, 5, prices, STAFF)
        return [".".join(problem.path[1:]) for problem in error.value.problems]

    good, sku = eur(variants[0].sku, "1"), variants[1].sku
    assert await refused(good, eur("none", "1")) == ["prices.1.sku"]
    assert await refused(good, eur(sku, "1.001"), good, replace(good, currency="eur"), eur("{", "1")) == [
        "prices.1.price",
        "prices.2.sku",
        "prices.3.currencyCode",
        "prices.4.sku",
    ]
    assert await refused() == ["prices"]
    draft, now = ListDraft("A", (new_id(),)), infra.now()
    for wrong, name in (
        (draft, "groupIds"),
        (ListDraft(" ", ()), "name"),
        (ListDraft("A", (), now, now), "endsAt"),
    ):
        with pytest.raises(InvalidInput) as error:
            await change_price_list(infra, made.id, 5, wrong, STAFF)
        assert error.value.problems[0].path[1] == name
    with pytest.raises(StaleVersion):
        await delete_price_list(infra, made.id, 4, STAFF)
    await delete_price_list(infra, made.id, 5, STAFF)
    with pytest.raises(NotFound):
        await set_list_prices(infra, made.id, 5, [good], STAFF)
    assert await find_price_lists(infra) == {}
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(ListedPrice)) == 0


@ONE_MODE
async def test_a_member_orders_at_their_price(infra: Infra) -> None:
    variant, extra = await variant_in_stock(infra), await variant_in_stock(infra)
    vip = await group(infra, "VIP")
    await a_list(infra, "A", (vip,), eur(variant.sku, "40.00"), eur(extra.sku, "30.00"))
    user = await register(infra, email="a@example.com", password="correct horse", display_name="A")
    await change_customers(infra, CustomersChange([user.id], [vip]), STAFF)
    groups = frozenset({vip.hex})
    cart = (await add_item(infra, Owner.customer(user.id), Wish(variant.id, 2), groups)).cart
    assert cart.lines[0].price == 4000
    quote = await create_quote(infra, user.id, NO_TERMS, groups=groups)
    assert quote.order.lines[0].unit_price == 4000
    order = await checkout(infra, Checkout(user.id, "key", groups=groups))
    assert order.lines[0].unit_price == 4000
    change = OrderChange(order.id, order.version, added=((extra.id, 1),))
    changed = await change_order(infra, change, asked("change"))
    assert [line.unit_price for line in changed.order.lines] == [4000, 3000]
    wish = DraftWish("EUR", (LineWish(variant.id, 1),), customer_id=user.id)
    draft = await create_draft(infra, wish, asked("draft"))
    assert (draft.document.lines[0].unit_price, draft.document.lines[0].list_price) == (4000, 4000)
