"""From a cart to an order, as front ends do it."""

from typing import Any, Final

import pytest

from tests.e2e.shop import CREATE, ORDER, Person, Shop, new_key
from tests.e2e.stock_operations import ADJUST, OPEN, RECEIVE, do
from tests.modes import ONE_MODE

pytestmark = pytest.mark.usefixtures("worker")

ADD: Final = """
mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { __typename ... on Error { message } } }
"""
CART: Final = "{ cart { totalQuantity items { quantity variant { sku } } } }"
ADDRESS: Final = """
mutation ($input: AddAddressInput!) { addAddress(input: $input) { ... on Address { id } } }
"""
CHECKOUT: Final = f"""
mutation ($input: CheckoutInput!) {{
  checkout(input: $input) {{
    __typename
    ... on Order {{
      ...WholeOrder
      shippingAddress {{ recipient city }}
      charges {{
        subtotal {{ amount }} discount {{ amount }} shipping {{ amount }} shippingDiscount {{ amount }}
        tax {{ amount }} taxIncluded shippingMethod discountCode
      }}
    }}
    ... on Error {{ code message }}
    ... on OutOfStock {{ sku available }}
    ... on InvalidInput {{ fields {{ path }} }}
  }}
}}
{ORDER}
"""


async def ware(shop: Shop, staff: Person, sku: str, price: str, on_hand: int = 10) -> str:
    variant = {"sku": sku, "price": price, "currencyCode": "EUR", "quantity": on_hand}
    made = await shop.ask(CREATE, {"input": {"title": f"Shirt {sku}", "variants": [variant]}}, staff)
    return str(made["createProduct"]["variants"][0]["id"])


async def add(shop: Shop, by: Person, variant_id: str, quantity: int) -> None:
    added = await shop.ask(ADD, {"input": {"variantId": variant_id, "quantity": quantity}}, by)
    assert added == {"addCartItem": {"__typename": "CartPayload"}}


async def check_out(shop: Shop, by: Person, **given: Any) -> Any:
    wish = {"idempotencyKey": new_key(), **given}
    return (await shop.ask(CHECKOUT, {"input": wish}, by))["checkout"]


async def test_from_the_cart_to_an_order_and_back(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    shirt, shoe = await ware(shop, staff, "SHIRT", "19.99"), await ware(shop, staff, "SHOE", "50.00", 1)
    where = {"recipient": "Ada", "phone": "+49 30 7777777", "line1": "Way 1", "city": "Berlin"}
    where |= {"countryCode": "DE", "postalCode": "10115"}
    address = (await shop.ask(ADDRESS, {"input": where}, ada))["addAddress"]["id"]
    assert (await check_out(shop, ada))["code"] == "CART_EMPTY"
    await add(shop, ada, shirt, 3)
    await add(shop, ada, shoe, 1)
    await add(shop, eve, shoe, 1)
    key = new_key()
    order = await check_out(shop, ada, idempotencyKey=key, addressId=address)
    assert (order["__typename"], order["status"]) == ("Order", "AWAITING_PAYMENT")
    assert [event["status"] for event in order["history"]] == ["ACCEPTED", "AWAITING_PAYMENT"]
    assert order["total"] == {"amount": "109.97", "currencyCode": "EUR"}
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [("SHIRT", 3), ("SHOE", 1)]
    assert order["shippingAddress"] == {"recipient": "Ada", "city": "Berlin"}
    assert order["charges"]["subtotal"] == {"amount": "109.97"}
    assert (await shop.ask(CART, by=ada))["cart"] == {"totalQuantity": 0, "items": []}
    assert await check_out(shop, ada, idempotencyKey=key, addressId=address) == order
    assert (await check_out(shop, ada, idempotencyKey=key))["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await check_out(shop, ada))["code"] == "CART_EMPTY"
    assert await shop.order(eve, order["id"]) is None
    short = await check_out(shop, eve)
    assert (short["code"], short["sku"], short["available"]) == ("OUT_OF_STOCK", "SHOE", 0)
    assert (await check_out(shop, eve, addressId=address))["code"] == "NOT_FOUND"
    assert (await shop.cancel(ada, order["id"]))["status"] == "CANCELLED"
    assert (await check_out(shop, eve))["status"] == "AWAITING_PAYMENT"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"idempotencyKey": ""}, ["input", "idempotencyKey"]),
        ({"idempotencyKey": "k" * 129}, ["input", "idempotencyKey"]),
        ({"idempotencyKey": "a\0b"}, ["input", "idempotencyKey"]),
        ({"shippingMethod": ""}, ["input", "shippingMethod"]),
        ({"shippingMethod": "a\0b"}, ["input", "shippingMethod"]),
        ({"discountCode": "a\0b"}, ["input", "discountCode"]),
        ({"addressId": "nonsense"}, ["input", "addressId"]),
    ],
)
@ONE_MODE
async def test_wrong_input_is_named(shop: Shop, given: dict[str, str], path: list[str]) -> None:
    refused = await check_out(shop, await shop.customer(), **given)
    assert (refused["code"], [field["path"] for field in refused["fields"]]) == ("INVALID_INPUT", [path])


CODE: Final = """
fragment Code on DiscountCode { id code kind percent amount { amount } used maxUses disabledAt }
"""


@ONE_MODE
async def test_staff_make_a_code_and_disable_it(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    shirt = await ware(shop, staff, "SHIRT", "20.00")
    make = f"""mutation ($input: CreateDiscountCodeInput!) {{
      createDiscountCode(input: $input) {{ ...Code ... on InvalidInput {{ fields {{ path }} }} }} }} {CODE}"""
    given = {"code": "spring-10", "kind": "PERCENT", "percent": "12.5", "maxUses": 2}
    code = (await shop.ask(make, {"input": given}, staff))["createDiscountCode"]
    assert code == {
        "id": code["id"],
        "code": "SPRING-10",
        "kind": "PERCENT",
        "percent": "12.5",
        "amount": None,
        "used": 0,
        "maxUses": 2,
        "disabledAt": None,
    }
    again = (await shop.ask(make, {"input": given}, staff))["createDiscountCode"]
    assert again == {"fields": [{"path": ["input", "code"]}]}
    await add(shop, ada, shirt, 1)
    order = await check_out(shop, ada, discountCode="Spring-10")
    assert (order["charges"]["discount"], order["total"]["amount"]) == ({"amount": "2.50"}, "17.50")
    look = f'{{ discountCode(code: "spring-10") {{ ...Code }} }} {CODE}'
    assert (await shop.ask(look, by=staff))["discountCode"]["used"] == 1
    await shop.cancel(ada, order["id"])
    assert (await shop.ask(look, by=staff))["discountCode"]["used"] == 0
    disable = f"""mutation ($input: DisableDiscountCodeInput!) {{
      disableDiscountCode(input: $input) {{ ...Code }} }} {CODE}"""
    await shop.ask(disable, {"input": {"id": code["id"]}}, staff)
    assert (await shop.ask(look, by=staff))["discountCode"]["disabledAt"] is not None
    await add(shop, ada, shirt, 1)
    refused = await check_out(shop, ada, discountCode="SPRING-10")
    assert refused["fields"] == [{"path": ["input", "discountCode"]}]


async def test_a_quote_is_what_the_order_costs(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    await add(shop, ada, await ware(shop, staff, "SHIRT", "20.00"), 2)
    offers = "{ shippingOffers { code name price { amount currencyCode } } }"
    free = {"code": "standard", "name": "Standard", "price": {"amount": "0.00", "currencyCode": "EUR"}}
    assert (await shop.ask(offers, by=ada))["shippingOffers"] == [free]
    ask = """mutation ($input: CreateQuoteInput!) { createQuote(input: $input) {
      ... on Quote { id total { amount } lines { sku quantity lineTotal { amount } } charges { tax { amount } } }
      ... on InvalidInput { fields { path } }
    } }"""
    refused = (await shop.ask(ask, {"input": {"shippingMethod": "drone"}}, ada))["createQuote"]
    assert refused == {"fields": [{"path": ["input", "shippingMethod"]}]}
    quote = (await shop.ask(ask, {"input": {}}, ada))["createQuote"]
    assert quote == {
        "id": quote["id"],
        "total": {"amount": "40.00"},
        "lines": [{"sku": "SHIRT", "quantity": 2, "lineTotal": {"amount": "40.00"}}],
        "charges": {"tax": {"amount": "0.00"}},
    }
    eve = await shop.customer("Eve")
    assert (await check_out(shop, eve, quoteId=quote["id"]))["code"] == "CART_EMPTY"
    order = await check_out(shop, ada, quoteId=quote["id"])
    assert (order["status"], order["total"]["amount"]) == ("AWAITING_PAYMENT", "40.00")


async def test_product_cart_quote_and_checkout_say_the_same_number(shop: Shop) -> None:
    """Three units here and three there are six, whoever is asked."""
    staff, ada = await shop.staff(), await shop.customer()
    shirt = await ware(shop, staff, "SHIRT", "20.00", 3)
    there = (await do(shop, staff, OPEN, code="B", name="There", priority=5))["id"]
    await do(shop, staff, RECEIVE, sku="SHIRT", quantity=3, warehouseId=there)
    said = "{ cart { items { available variant { stock { available } } notes { code } } } }"

    async def says(available: int, *notes: str) -> None:
        (item,) = (await shop.ask(said, by=ada))["cart"]["items"]
        assert item == {
            "available": available,
            "variant": {"stock": {"available": available}},
            "notes": [{"code": note} for note in notes],
        }

    await add(shop, ada, shirt, 6)
    await says(6)
    quote = "mutation { createQuote(input: {}) { ... on Quote { id lines { quantity } } } }"
    six = (await shop.ask(quote, by=ada))["createQuote"]
    assert six["lines"] == [{"quantity": 6}]
    await do(shop, staff, ADJUST, sku="SHIRT", delta=-1, reason="lost", warehouseId=there)
    await says(5, "NOT_ENOUGH_STOCK")
    short = await check_out(shop, ada, quoteId=six["id"])
    assert (short["code"], short["sku"], short["available"]) == ("OUT_OF_STOCK", "SHIRT", 5)
    await do(shop, staff, RECEIVE, sku="SHIRT", quantity=1, warehouseId=there)
    order = await check_out(shop, ada, quoteId=six["id"])
    assert (order["status"], order["lines"][0]["quantity"]) == ("AWAITING_PAYMENT", 6)
    look = (
        "query ($id: ID!) { node(id: $id) { ... on Variant { stock { available held } stockLevels { held } } } }"
    )
    whole = (await shop.ask(look, {"id": shirt}, staff))["node"]
    assert whole == {"stock": {"available": 0, "held": 6}, "stockLevels": [{"held": 3}, {"held": 3}]}
