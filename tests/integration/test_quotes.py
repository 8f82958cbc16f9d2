"""A quote is honoured, for whom it was made, of the cart it was made of, and until it expires."""

import pytest
from sqlalchemy import func, select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import Product, Quote, Variant
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.checkout.create_quote import KEPT, create_quote, forget_quotes
from services.discount.create_code import disable_code
from services.shared.errors import CartEmpty, InvalidInput, NotFound
from tests.factories import stock_of, variant_in_stock
from tests.integration.test_checkout import configured, put
from tests.integration.test_discounts import new_code, used
from tests.modes import ONE_MODE

__all__ = ["configured"]


async def reprice(infra: Infra, variant: Variant, price: int) -> None:
    async with infra.database.write() as session:
        for table, name in ((Variant, Variant.id), (Product, Product.id)):
            row = variant.id if table is Variant else variant.product_id
            values = {"price": price} if table is Variant else {"min_price": price, "max_price": price}
            await session.execute(update(table).where(name == row).values(values))


async def test_the_order_costs_what_was_quoted(configured: Infra) -> None:
    infra, customer, variant = configured, new_id(), await variant_in_stock(configured, price=1999)
    code = await new_code(infra, max_uses=1)
    await put(infra, customer, variant, 3)
    quote = await create_quote(infra, customer, Terms(discount_code="spring"))
    assert quote.order.charges is not None
    assert (quote.order.total, quote.order.charges.discount) == (5997 - 600 + 250 + 479 + 22, 600)
    assert ((await stock_of(infra, variant.sku))["held"], await used(infra)) == (0, 0)
    await reprice(infra, variant, 9999)
    await disable_code(infra, code.id)
    wish = Checkout(customer, "key", Terms(quote_id=quote.id))
    order = await checkout(infra, wish)
    assert (order.total, order.charges) == (quote.order.total, quote.order.charges)
    assert order.lines[0].unit_price == 1999
    assert await used(infra) == 1
    assert await checkout(infra, wish) == order
    with pytest.raises(CartEmpty):
        await checkout(infra, Checkout(customer, "other", Terms(quote_id=quote.id)))


async def test_a_quote_holds_no_use_of_a_code(infra: Infra) -> None:
    await new_code(infra, max_uses=1)
    customer, other, variant = new_id(), new_id(), await variant_in_stock(infra)
    for who in (customer, other):
        await put(infra, who, variant, 1)
    quote = await create_quote(infra, customer, Terms(discount_code="SPRING"))
    await checkout(infra, Checkout(other, "key", Terms(discount_code="SPRING")))
    with pytest.raises(InvalidInput, match="is used up"):
        await checkout(infra, Checkout(customer, "key", Terms(quote_id=quote.id)))
    assert await used(infra) == 1


@ONE_MODE
async def test_quotes_that_are_not_honoured(infra: Infra) -> None:
    customer, eve, variant = new_id(), new_id(), await variant_in_stock(infra)
    with pytest.raises(CartEmpty):
        await create_quote(infra, customer, Terms())
    for who in (customer, eve):
        await put(infra, who, variant, 1)
    quote = await create_quote(infra, customer, Terms())
    for who, unknown in ((eve, quote.id), (customer, new_id())):
        with pytest.raises(NotFound):
            await checkout(infra, Checkout(who, "key", Terms(quote_id=unknown)))
    with pytest.raises(InvalidInput, match="give none beside it"):
        await checkout(infra, Checkout(customer, "key", Terms(quote_id=quote.id, shipping_method="standard")))
    await put(infra, customer, variant, 1)
    with pytest.raises(InvalidInput, match="another cart"):
        await checkout(infra, Checkout(customer, "key", Terms(quote_id=quote.id)))
    late = await create_quote(infra, customer, Terms())
    async with infra.database.write() as session:
        expired = update(Quote).where(Quote.id == late.id)
        await session.execute(expired.values(expires_at=infra.now()))
    with pytest.raises(InvalidInput, match="has expired"):
        await checkout(infra, Checkout(customer, "key", Terms(quote_id=late.id)))
    assert await forget_quotes(infra) == 1
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Quote)) == 1
    assert quote.expires_at - infra.now() <= KEPT
    assert (await stock_of(infra, variant.sku))["held"] == 0
