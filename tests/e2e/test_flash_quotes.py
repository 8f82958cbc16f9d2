"""A flash order that was quoted before the click, over GraphQL."""

from tests.e2e.shop import Shop
from tests.e2e.test_charge_mutations import HOME
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
ZONE = "mutation ($input: CreateShippingZoneInput!) { createShippingZone(input: $input) { __typename } }"
REGION = "mutation ($input: CreateTaxRegionInput!) { createTaxRegion(input: $input) { __typename } }"
ADD = """mutation { addAddress(input: {recipient: "Ada", phone: "+49 30 7777777", line1: "Way 1", city: "Berlin",
  postalCode: "10115", countryCode: "DE"}) { ... on Address { id } } }"""
CHARGES = "charges { subtotal { amount } shipping { amount } tax { amount } shippingMethod } total { amount }"
QUOTE = f"""mutation ($input: QuoteFlashOrderInput!) {{ quoteFlashOrder(input: $input) {{ __typename
  ... on FlashQuote {{ quote expiresAt quantity unitPrice {{ amount }} {CHARGES} }}
  ... on InvalidInput {{ fields {{ path }} }} }} }}"""
PLACE = f"""mutation ($input: PlaceFlashOrderInput!) {{ placeFlashOrder(input: $input) {{ __typename
  ... on Order {{ id shippingAddress {{ city }} {CHARGES} }} ... on InvalidInput {{ fields {{ path }} }} }} }}"""


async def test_what_was_quoted_is_what_it_costs(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer("Ada"), await shop.customer("Eve")
    offer = await shop.offer(staff)
    await shop.ask(ZONE, {"input": HOME | {"idempotencyKey": "z"}}, by=staff)
    rates = [{"taxClass": "standard", "percent": "19"}]
    await shop.ask(REGION, {"input": {"countryCode": "DE", "rates": rates, "idempotencyKey": "r"}}, by=staff)
    address = (await shop.ask(ADD, by=ada))["addAddress"]["id"]
    wish = {"itemId": offer.item_id, "quantity": 2}
    asked = wish | {"addressId": address, "shippingMethod": "parcel"}
    quote = (await shop.ask(QUOTE, {"input": asked}, by=ada))["quoteFlashOrder"]
    goods = 2 * float(quote["unitPrice"]["amount"])
    tax = round((goods + 5.9) * 0.19 + 1e-9, 2)
    assert float(quote["total"]["amount"]) == round(goods + 5.9 + tax, 2)
    click = wish | {"quote": quote["quote"], "idempotencyKey": "k"}
    order = (await shop.ask(PLACE, {"input": click}, by=ada))["placeFlashOrder"]
    assert order["shippingAddress"] == {"city": "Berlin"}
    assert {name: order[name] for name in ("charges", "total")} == {n: quote[n] for n in ("charges", "total")}
    again = (await shop.ask(PLACE, {"input": click}, by=ada))["placeFlashOrder"]
    assert again["id"] == order["id"]
    at_quote = {"__typename": "InvalidInput", "fields": [{"path": ["input", "quote"]}]}
    assert (await shop.ask(PLACE, {"input": click}, by=eve))["placeFlashOrder"] == at_quote
    torn = click | {"quote": quote["quote"][:-1], "idempotencyKey": "l"}
    assert (await shop.ask(PLACE, {"input": torn}, by=ada))["placeFlashOrder"] == at_quote
    drone = (await shop.ask(QUOTE, {"input": asked | {"shippingMethod": "drone"}}, by=ada))["quoteFlashOrder"]
    assert drone["fields"] == [{"path": ["input", "shippingMethod"]}]
