"""What a provider cannot charge: refused where a price is set, rounded where it is worked out, and never begun."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import update

from infra.ids import new_id
from infra.runtime import Infra
from models import DiscountKind, Payment, Product
from models.charges_document import Charges, RateTax
from models.documents import ProductDoc
from models.order_document import OrderView
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.catalog.bulk_create_products import bulk_create_products
from services.catalog.bulk_update_products import bulk_update_products
from services.catalog.change_product import Based
from services.catalog.create_product import create_product
from services.catalog.create_variant import create_variant
from services.catalog.import_products import ImportRefused
from services.catalog.product_draft import PriceDraft, ProductChange, VariantChange
from services.catalog.row_outcome import BulkPolicy
from services.catalog.set_variant_prices import set_variant_prices
from services.catalog.update_product import update_product
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.checkout.list_offers import list_offers
from services.discount.create_code import CodeDraft, create_code
from services.flash_sale.change_sale import SaleChange, change_sale
from services.flash_sale.rules import ItemDraft, SaleDraft
from services.flash_sale.schedule_flash_sale import schedule_flash_sale
from services.payment.capture_payment import capture_payment
from services.payment.refund_payment import RefundWish, refund_payment
from services.shared.errors import InvalidInput
from settings import Settings
from tests.integration.catalog.products import count, draft, run_import, variant
from tests.integration.money import asked, begin
from tests.modes import ONE_MODE
from tests.stripe_mock import stripe_settings

TOO_FINE = "cannot be charged by stripe: must be a multiple of 0.010 KWD"
HEADINGS = "Handle,Title,Variant SKU,Variant Price,Variant Compare At Price,Variant Inventory Qty\n"


@pytest.fixture
def with_stripe(infra: Infra) -> Infra:
    """Beside manual. Nothing here calls it."""
    methods = {"parcel": {"name": "Parcel", "prices": {"KWD": 1505}}}
    made = Settings(shipping_methods=json.dumps(methods), taxes=json.dumps({"*": {"percent": "5"}}))
    shop = {"shipping_methods": made.shop.shipping_methods, "taxes": made.shop.taxes}
    return replace(infra, settings=infra.settings.model_copy(update=stripe_settings(None) | shop))


async def dinars(infra: Infra, price: str = "12.340") -> ProductDoc:
    return await create_product(infra, draft("Lamp", variant("LAMP", price, "KWD")), "test")


def problem_of(refused: pytest.ExceptionInfo[InvalidInput]) -> tuple[str, str]:
    [problem] = refused.value.problems
    return ".".join(problem.path), problem.message


@ONE_MODE
async def test_a_price_is_refused_where_a_product_is_made(with_stripe: Infra) -> None:
    lamp = draft("Lamp", variant("LAMP", "1.234", "KWD"))
    with pytest.raises(InvalidInput) as refused:
        await create_product(with_stripe, lamp, "test")
    assert problem_of(refused) == ("input.variants.0.price", TOO_FINE)
    listed = replace(variant("LAMP"), prices=[PriceDraft("KWD", Decimal("1.234"))])
    with pytest.raises(InvalidInput) as refused:
        await create_product(with_stripe, draft("Lamp", listed), "test")
    assert problem_of(refused) == ("input.variants.0.prices.0.price", TOO_FINE)
    [outcome] = await bulk_create_products(with_stripe, [lamp], BulkPolicy.REJECT_ROWS, "test")
    assert isinstance(outcome.error, InvalidInput)
    with pytest.raises(ImportRefused, match="1 problems"):
        await run_import(with_stripe, f"{HEADINGS}lamp,Lamp,LAMP,1.234,,1\n", "KWD")
    assert await count(with_stripe, Product) == 0
    # What it cost before is not charged.
    assert (await run_import(with_stripe, f"{HEADINGS}lamp,Lamp,LAMP,1.230,1.234,1\n", "KWD")).created == 1


@ONE_MODE
async def test_a_price_is_refused_where_it_is_changed(with_stripe: Infra) -> None:
    lamp = await dinars(with_stripe)
    [own] = lamp.variants
    wrong = VariantChange(own.id, price=Decimal("1.234"))
    change = ProductChange(lamp.id, lamp.version, variants=[wrong])
    with pytest.raises(InvalidInput) as refused:
        await update_product(with_stripe, change)
    assert problem_of(refused) == ("input.variants.0.price", TOO_FINE)
    [outcome] = await bulk_update_products(with_stripe, [change], BulkPolicy.REJECT_ROWS)
    assert isinstance(outcome.error, InvalidInput)
    another, on = replace(variant("LAMP-2", "1.234", "KWD"), options={"a": "b"}), Based(lamp.id, lamp.version)
    with pytest.raises(InvalidInput) as refused:
        await create_variant(with_stripe, on, another, "test")
    assert TOO_FINE in {problem.message for problem in refused.value.problems}
    ariary = PriceDraft("MGA", Decimal("5000.50"))
    with pytest.raises(InvalidInput) as refused:
        await set_variant_prices(with_stripe, own.id, lamp.version, [ariary])
    assert problem_of(refused)[0] == "input.prices.0.price"
    free = replace(change, variants=[replace(wrong, price=Decimal("1.230"), compare_at_price=Decimal("1.234"))])
    [changed] = (await update_product(with_stripe, free)).variants
    assert (changed.price, changed.compare_at_price) == (1230, 1234)


@ONE_MODE
async def test_a_price_is_refused_in_a_sale(with_stripe: Infra) -> None:
    await dinars(with_stripe)
    starts = with_stripe.now() + timedelta(hours=1)

    def sale(price: str) -> SaleDraft:
        return SaleDraft("Rush", starts, starts + timedelta(hours=1), (ItemDraft("LAMP", Decimal(price), 1, 1),))

    with pytest.raises(InvalidInput) as refused:
        await schedule_flash_sale(with_stripe, sale("1.234"), "test")
    assert problem_of(refused) == ("input.items.0.price", TOO_FINE)
    sale_id = await schedule_flash_sale(with_stripe, sale("1.230"), "test")
    with pytest.raises(InvalidInput) as refused:
        await change_sale(with_stripe, SaleChange(sale_id, 1, items=sale("1.234").items), "test")
    assert problem_of(refused) == ("input.items.0.price", TOO_FINE)


@ONE_MODE
async def test_what_is_worked_out_can_be_charged(with_stripe: Infra) -> None:
    customer, lamp = new_id(), await dinars(with_stripe)
    await create_code(with_stripe, CodeDraft("TENTH", DiscountKind.PERCENT, Decimal(10)), "test")
    await add_item(with_stripe, Owner.customer(customer), Wish(lamp.variants[0].id, 1))
    currency, [offer] = await list_offers(with_stripe, customer, None)
    assert (currency, offer.price) == ("KWD", 1500)
    order = await checkout(with_stripe, Checkout(customer, "key", Terms(discount_code="TENTH")))
    # 1.234 off, 1.505 for the parcel, 0.6305 of tax, each to the hundredth.
    assert order.charges == Charges(
        12340, 1230, 1500, 0, 630, False, "parcel", "TENTH", taxes=(RateTax(50_000, 12610, 630),)
    )
    assert order.total == 12340 - 1230 + 1500 + 630


async def old_order(infra: Infra, price: str = "1.234") -> OrderView:
    """Of a price that was set before Stripe was used."""
    lamp, customer = await dinars(infra, price), new_id()
    await add_item(infra, Owner.customer(customer), Wish(lamp.variants[0].id, 1))
    return await checkout(infra, Checkout(customer, "key"))


@ONE_MODE
async def test_an_order_that_stripe_cannot_charge_is_paid_another_way(infra: Infra, with_stripe: Infra) -> None:
    order = await old_order(infra)
    with pytest.raises(InvalidInput) as refused:
        await begin(with_stripe, order, provider="stripe")
    message = "cannot charge this order: the amount must be a multiple of 0.010 KWD"
    assert problem_of(refused) == ("input.provider", message)
    payment = await begin(with_stripe, order, provider="manual")
    assert (payment.amount, payment.currency, payment.provider) == (1234, "KWD", "manual")


@ONE_MODE
async def test_a_part_that_stripe_cannot_give_back_is_refused(infra: Infra, with_stripe: Infra) -> None:
    payment = await begin(infra, await old_order(infra, "1.230"), provider="manual")
    await capture_payment(infra, payment.id, asked())
    await _taken_by_stripe(infra, payment.id)
    with pytest.raises(InvalidInput) as refused:
        await refund_payment(with_stripe, RefundWish(payment.id, Decimal("0.005"), None), asked())
    assert problem_of(refused) == ("input.amount", "must be a multiple of 0.010 KWD")


async def _taken_by_stripe(infra: Infra, payment_id: UUID) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Payment).where(Payment.id == payment_id).values(provider="stripe"))
