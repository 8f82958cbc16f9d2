"""Items of a sale with a price list: bought in another currency, from the quote to the refund."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from infra.ids import new_id
from infra.runtime import Infra
from models import DiscountKind, OrderStatus
from models.flash_sale_document import FlashItemDoc
from services.catalog.product_draft import PriceDraft
from services.catalog.set_variant_prices import set_variant_prices
from services.charges.create_shipping_zone import create_shipping_zone
from services.flash_sale.change_sale import SaleChange, change_sale
from services.flash_sale.find_items import find_item, forget_item
from services.flash_sale.find_ordered import Wanted
from services.flash_sale.item_figures import item_figures
from services.flash_sale.list_sales import find_sales
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.flash_sale.set_group_terms import GroupDraft, GroupItem, TermsWish, set_group_terms
from services.order.cancel_order import Cancellation, cancel_order
from services.order.place_flash_order import Buyer, FlashOrder, place_flash_order
from services.order.quote_flash_order import FlashQuoteWish, quote_flash_order
from services.reconcile.reconcile import reconcile
from services.shared.errors import IdempotencyConflict, InvalidInput, PurchaseLimitReached
from tests.books import assert_adds_up
from tests.factories import order_wish, variant_in_stock
from tests.integration.money import approve, asked, begin, book, deliver, refund_all_due, status_of, told
from tests.integration.test_charge_rules import zone
from tests.integration.test_customer_groups import group
from tests.integration.test_discounts import new_code
from tests.modes import ONE_MODE
from tests.workers import persist_all


def listed(**prices: str) -> tuple[PriceDraft, ...]:
    return tuple(PriceDraft(currency, Decimal(price)) for currency, price in prices.items())


async def priced(
    infra: Infra, *lists: Sequence[PriceDraft], starts_in: float = -60, **terms: Any
) -> list[FlashItemDoc]:
    """Items of one sale at 19.90 EUR with a list each; the shop has prices in USD and JPY."""
    made = [await variant_in_stock(infra, on_hand=10) for _ in lists]
    variants = sorted(made, key=lambda variant: variant.sku)
    known = listed(USD="30", JPY="3000")
    await set_variant_prices(infra, variants[0].id, 1, known)
    items = tuple(
        ItemDraft(v.sku, Decimal("19.90"), 6, 3, tuple(of)) for v, of in zip(variants, lists, strict=True)
    )
    starts = infra.now() + timedelta(seconds=starts_in)
    draft = SaleDraft("Rush", starts, starts + timedelta(hours=2), items, **terms)
    sale_id = await schedule_flash_sale(infra, draft, "test")
    sale = (await find_sales(infra, [sale_id]))[sale_id]
    return sorted([await find_item(infra, one) for one in sale.item_ids], key=lambda item: item.sku)


def paths(refused: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [".".join(one.path[1:]) for one in refused.value.problems]


async def test_what_is_bought_in_another_currency_is_paid_and_given_back_in_it(infra: Infra) -> None:
    first, other = await priced(infra, listed(USD="21.50"), listed(USD="1.25", JPY="180"), allows_codes=True)
    await new_code(infra, "DOLLARS", kind=DiscountKind.AMOUNT, percent=None, amount=Decimal(2), currency="USD")
    customer = new_id()
    wish = FlashQuoteWish(customer, first.id, 2, others=(Wanted(other.id, 1),), currency="USD")
    with pytest.raises(InvalidInput) as refused:
        await quote_flash_order(infra, replace(wish, currency=None, discount_code="dollars"))
    assert (paths(refused), refused.value.problems[0].message) == (["discountCode"], "is for orders in USD")
    made = await quote_flash_order(infra, replace(wish, discount_code="dollars"))
    assert (made.currency, made.charges.subtotal, made.charges.total) == ("USD", 4425, 4225)
    click = FlashOrder(customer, first.id, 2, "key", quote=made, others=wish.others)
    with pytest.raises(InvalidInput) as refused:
        await place_flash_order(infra, replace(click, currency="EUR"))
    assert paths(refused) == ["currencyCode"]
    order = await place_flash_order(infra, replace(click, currency="USD"))
    assert (order.currency, order.total) == ("USD", 4225)
    assert await place_flash_order(infra, click) == order

    # Units count for the limit in whatever currency they are bought.
    bare = replace(order_wish(first, customer=customer, quantity=1), currency="USD")
    plain = await place_flash_order(infra, bare)
    assert (plain.currency, plain.total) == ("USD", 2150)
    with pytest.raises(PurchaseLimitReached):
        await place_flash_order(infra, order_wish(first, customer=customer))
    with pytest.raises(IdempotencyConflict):
        await place_flash_order(infra, replace(bare, currency=None))
    with pytest.raises(InvalidInput) as refused:  # not all of them are sold in it
        await quote_flash_order(infra, replace(wish, currency="JPY"))
    assert paths(refused) == ["currencyCode"]
    euros = await place_flash_order(infra, order_wish(other))
    assert (euros.currency, euros.total) == ("EUR", 1990)

    await persist_all(infra)
    payment = await begin(infra, order)
    assert (payment.amount, payment.currency) == (4225, "USD")
    await approve(infra, payment)
    await deliver(infra, told(payment))
    assert await status_of(infra, order.id) == OrderStatus.PAID
    assert (await book(infra))["orders", "USD"] == -4225
    figures = (await item_figures(infra, [first.id, other.id]))[first.id]
    assert (figures.awaiting_payment, figures.paid, figures.revenues) == (1, 2, (("USD", 4300),))
    await cancel_order(infra, Cancellation(customer, order.id, None, "cancel"))
    await refund_all_due(infra)
    assert ("orders", "USD") not in await book(infra)
    assert (await reconcile(infra)).differences == []
    await assert_adds_up(infra, first, remaining=5)
    await assert_adds_up(infra, other, remaining=5)


async def test_a_list_is_changed_and_who_remembers_another_sells_by_none(infra: Infra) -> None:
    [item] = await priced(infra, listed(USD="21.50"), starts_in=3600)
    wish = FlashQuoteWish(new_id(), item.id, 1, currency="USD")
    made = await quote_flash_order(infra, wish)
    own = ItemDraft(item.sku, Decimal("19.90"), 6, 3)
    await change_sale(infra, SaleChange(item.sale_id, 1, items=(own,)), "test")  # they stay, so nothing is changed
    assert (await find_sales(infra, [item.sale_id]))[item.sale_id].version == 1
    vip = await group(infra, "VIP")
    terms = GroupDraft(vip, None, (GroupItem(item.sku, None, None, listed(USD="9.00")),))
    for wrong, path in (
        (listed(EUR="9"), "prices.0.currencyCode"),
        (listed(JPY="9"), "prices.0.currencyCode"),
        (listed(USD="9.001"), "prices.0.price"),
        (listed(USD="0"), "prices.0.price"),
    ):
        draft = GroupDraft(vip, None, (GroupItem(item.sku, None, None, wrong),))
        with pytest.raises(InvalidInput) as refused:
            await set_group_terms(infra, TermsWish(item.sale_id, 1, None, (draft,)))
        assert paths(refused) == [f"groups.0.items.0.{path}"]
    await set_group_terms(infra, TermsWish(item.sale_id, 1, None, (terms,)))
    cheaper = replace(own, prices=listed(USD="20", JPY="2500"))
    starts = infra.now() - timedelta(seconds=1)
    await change_sale(infra, SaleChange(item.sale_id, 2, starts_at=starts, items=(cheaper,)), "test")
    # This process remembers the list of before; the script that reserves does not.
    remembered = replace(item, starts_at=starts)
    forget_item(infra, item.id)
    await infra.local.get(("flash_item", item.id), 60.0, _given(remembered))
    member = replace(order_wish(item), buyer=Buyer(groups=frozenset({vip.hex})))
    orders = [
        await place_flash_order(infra, replace(one, currency=currency))
        for one, currency in (
            (order_wish(item), "USD"),
            (order_wish(item), "JPY"),
            (member, "USD"),
        )
    ]
    assert [(order.currency, order.total) for order in orders] == [("USD", 2000), ("JPY", 2500), ("USD", 900)]
    with pytest.raises(InvalidInput) as refused:
        await place_flash_order(infra, FlashOrder(wish.customer_id, item.id, 1, "old", quote=made))
    assert paths(refused) == ["quote"]


def _given(item: FlashItemDoc) -> Any:
    async def read() -> FlashItemDoc:
        return item

    return read


@ONE_MODE
async def test_what_is_wrong_with_a_list_is_named(infra: Infra) -> None:
    [item] = await priced(infra, listed(USD="21.50"), starts_in=3600)
    for wrong, path in (
        (listed(EUR="9"), "0.currencyCode"),
        (listed(usd="9"), "0.currencyCode"),
        (listed(CHF="9"), "0.currencyCode"),  # nothing has a price in it
        ((*listed(USD="9"), *listed(USD="8")), "1.currencyCode"),
        (listed(USD="9", JPY="9.5"), "1.price"),
        (listed(USD="-1"), "0.price"),
        (listed(USD="NaN"), "0.price"),
        (listed(USD="0.00"), "0.price"),
    ):
        draft = ItemDraft(item.sku, Decimal("19.90"), 6, 3, wrong)
        with pytest.raises(InvalidInput) as refused:
            await change_sale(infra, SaleChange(item.sale_id, 1, items=(draft,)), "test")
        assert paths(refused) == [f"items.0.prices.{path}"]
        sale = SaleDraft("Rush", infra.now(), infra.now() + timedelta(hours=1), (draft,))
        with pytest.raises(InvalidInput):
            await schedule_flash_sale(infra, sale, "test")
    await change_sale(
        infra, SaleChange(item.sale_id, 1, items=(ItemDraft(item.sku, Decimal(5), 6, 3, ()),)), "test"
    )
    forget_item(infra, item.id)
    assert ((await find_item(infra, item.id)).prices, (await find_item(infra, item.id)).mark) == ((), "")
    # Where nothing is shipped at a price in the currency, the quote says so.
    [other] = await priced(infra, listed(USD="21.50"))
    await create_shipping_zone(infra, zone(), asked())
    with pytest.raises(InvalidInput) as refused:
        await quote_flash_order(infra, FlashQuoteWish(new_id(), other.id, 1, currency="USD"))
    assert paths(refused) == ["addressId"]
