"""A flash order that was quoted before the click, over GraphQL."""

from datetime import timedelta

from tests.e2e.shop import SCHEDULE, Shop
from tests.e2e.test_charge_mutations import HOME
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
ZONE = "mutation ($input: CreateShippingZoneInput!) { createShippingZone(input: $input) { __typename } }"
REGION = "mutation ($input: CreateTaxRegionInput!) { createTaxRegion(input: $input) { __typename } }"
ADD = """mutation { addAddress(input: {recipient: "Ada", phone: "+49 30 7777777", line1: "Way 1", city: "Berlin",
  postalCode: "10115", countryCode: "DE"}) { ... on Address { id } } }"""
CHARGES = """charges { subtotal { amount } shipping { amount } tax { amount } shippingMethod
  taxes { percent net { amount } tax { amount } } } total { amount }"""
QUOTE = f"""mutation ($input: QuoteFlashOrderInput!) {{ quoteFlashOrder(input: $input) {{ __typename
  ... on FlashQuote {{ quote expiresAt quantity unitPrice {{ amount }} {CHARGES} }}
  ... on InvalidInput {{ fields {{ path }} }} }} }}"""
PLACE = f"""mutation ($input: PlaceFlashOrderInput!) {{ placeFlashOrder(input: $input) {{ __typename
  ... on Order {{ id shippingAddress {{ city }} {CHARGES} }} ... on InvalidInput {{ fields {{ path }} }} }} }}"""

ARM = """mutation ($input: ArmFlashOrderInput!) { armFlashOrder(input: $input) { __typename
  ... on ArmedFlashOrder { id state redirectUrl orderId
    quote { quote lines { itemId quantity } total { amount } } }
  ... on CannotChargeLater { code provider } ... on InvalidInput { fields { path } } } }"""
DISARM = """mutation ($input: DisarmFlashOrderInput!) { disarmFlashOrder(input: $input) { __typename
  ... on ArmedFlashOrder { state } } }"""

PRICES = """mutation ($input: SetVariantPricesInput!) { setVariantPrices(input: $input) { __typename } }"""
SEEN = """query ($id: ID!, $in: String) { node(id: $id) { ... on FlashSaleItem { price(currency: $in) { amount }
  prices { amount currencyCode } myTerms(currency: $in) { price { amount } }
  variant { id product { version } } } } }"""


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
    [by_rate] = quote["charges"]["taxes"]
    assert (by_rate["percent"], by_rate["tax"]) == ("19", quote["charges"]["tax"])
    assert float(by_rate["net"]["amount"]) == round(goods + 5.9, 2)
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


async def test_an_order_is_armed_on_the_providers_page_and_placed_by_one_press(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer("Ada"), await shop.customer("Eve")
    offer = await shop.offer(staff)
    wish = {"itemId": offer.item_id, "quantity": 1}
    asked = wish | {"idempotencyKey": "arm", "provider": "sandbox"}
    refused = (await shop.ask(ARM, {"input": asked | {"provider": "manual"}}, by=ada))["armFlashOrder"]
    assert refused == {"__typename": "CannotChargeLater", "code": "CANNOT_CHARGE_LATER", "provider": "manual"}
    armed = (await shop.ask(ARM, {"input": asked}, by=ada))["armFlashOrder"]
    assert (armed["state"], armed["quote"]) == ("SETTING_UP", None)
    page = armed["redirectUrl"].partition("/sandbox/")[2]
    shown = await shop.server.http.get(f"/sandbox/{page}")
    assert shown.status_code == 200
    decided = await shop.server.http.post(f"/sandbox/{page}", data={"decision": "approve"})
    assert decided.status_code in (200, 303)
    armed = (await shop.ask(ARM, {"input": asked}, by=ada))["armFlashOrder"]
    assert (armed["state"], armed["redirectUrl"]) == ("READY", None)
    assert armed["quote"]["lines"] == [wish]
    click = wish | {"quote": armed["quote"]["quote"], "idempotencyKey": "k"}
    order = (await shop.ask(PLACE, {"input": click}, by=ada))["placeFlashOrder"]
    assert order["total"] == armed["quote"]["total"]
    away = {"input": {"id": armed["id"]}}
    assert (await shop.ask(DISARM, away, by=eve))["disarmFlashOrder"] == {"__typename": "NotFound"}


async def test_an_item_is_bought_in_a_currency_of_its_list(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer("Ada")
    offer = await shop.offer(staff)
    seen = (await shop.ask(SEEN, {"id": offer.item_id}))["node"]
    priced = {"id": seen["variant"]["id"], "version": seen["variant"]["product"]["version"]}
    priced["prices"] = [{"currencyCode": "USD", "price": "30"}]
    await shop.ask(PRICES, {"input": priced}, by=staff)
    now = shop.server.infra.now()
    times = {"startsAt": (now - timedelta(seconds=1)).isoformat(), "endsAt": (now + timedelta(1)).isoformat()}
    item = {"sku": offer.sku, "price": "19.90", "quantity": 2, "perCustomerLimit": 2}
    wrong = item | {"prices": [{"currencyCode": "CHF", "price": "1"}]}
    sale = {"name": "Both", **times, "items": [wrong]}
    refused = (await shop.ask(SCHEDULE, {"input": sale}, by=staff))["scheduleFlashSale"]
    at = ["input", "items", "0", "prices", "0", "currencyCode"]
    assert [one["path"] for one in refused["fields"]] == [at]
    listed = item | {"prices": [{"currencyCode": "USD", "price": "21.50"}]}
    made = (await shop.ask(SCHEDULE, {"input": sale | {"items": [listed]}}, by=staff))["scheduleFlashSale"]
    item_id = made["items"][0]["id"]
    seen = (await shop.ask(SEEN, {"id": item_id, "in": "USD"}))["node"]
    assert (seen["price"], seen["myTerms"]) == ({"amount": "21.50"}, {"price": {"amount": "21.50"}})
    assert [(one["amount"], one["currencyCode"]) for one in seen["prices"]] == [("19.90", "EUR"), ("21.50", "USD")]
    wish = {"itemId": item_id, "quantity": 1, "currencyCode": "USD"}
    quote = (await shop.ask(QUOTE, {"input": wish}, by=ada))["quoteFlashOrder"]
    quoted = {"itemId": item_id, "quantity": 1, "quote": quote["quote"]}
    for key, click in (("a", wish), ("b", quoted)):
        order = (await shop.ask(PLACE, {"input": click | {"idempotencyKey": key}}, by=ada))["placeFlashOrder"]
        assert order["total"] == {"amount": "21.50"}
    none = (await shop.ask(QUOTE, {"input": wish | {"currencyCode": "JPY"}}, by=ada))["quoteFlashOrder"]
    assert none["fields"] == [{"path": ["input", "currencyCode"]}]
