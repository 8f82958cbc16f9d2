"""Shipping zones and tax regions over GraphQL: what staff do, and what a customer's cart then costs."""

from typing import Any

from tests.e2e.shop import Shop
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
ZONE = """fragment Zone on ShippingZone { id name version
  places { countryCode states postcodes { first last } }
  rates { code name basis prices { currencyCode freeFrom { amount } steps { upTo price { amount } } } } }"""
ERRORS = "... on Error { code } ... on InvalidInput { fields { path } }"


def change(name: str, shown: str, more: str = "") -> str:
    kind = name[0].upper() + name[1:]
    return f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {shown} {ERRORS} }} }}\n{more}"


CREATE = change("createShippingZone", "...Zone", ZONE)
CHANGE = change("changeShippingZone", "...Zone ... on StaleVersion { currentVersion }", ZONE)
DELETE = change("deleteShippingZone", "... on DeletedShippingZone { id }")
REGION = (
    "... on TaxRegion { id version state pricesIncludeTax taxOnShipping rounding half rates { taxClass percent } }"
)
STEPS = [{"upTo": "1000", "price": "5.90"}, {"price": "9.90"}]
PARCEL = {
    "code": "parcel",
    "name": "Parcel",
    "basis": "WEIGHT",
    "prices": [{"currencyCode": "EUR", "steps": STEPS}],
}
HOME = {"name": "Home", "places": [{"countryCode": "de"}, {"countryCode": "*"}], "rates": [PARCEL]}
ADD = "mutation ($input: AddCartItemInput!) { addCartItem(input: $input) { __typename } }"
QUOTE = """mutation { createQuote(input: {}) { ... on Quote { total { amount }
  charges { shipping { amount } tax { amount } taxIncluded } } ... on Error { code message } } }"""
CLASS = """mutation ($input: UpdateProductInput!) { updateProduct(input: $input) { ... on Product { taxClass }
  ... on Error { code } ... on InvalidInput { fields { path } } } }"""


async def test_staff_set_what_a_cart_costs(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer("Ada")
    offer = await shop.offer(staff)
    await shop.ask(ADD, {"input": {"variantId": offer.variant_id, "quantity": 1, "idempotencyKey": "a"}}, by=ada)

    async def do(document: str, **given: Any) -> dict[str, Any]:
        [answer] = (await shop.ask(document, {"input": given}, by=staff)).values()
        assert isinstance(answer, dict)
        return answer

    async def costs() -> tuple[float, ...]:
        quote = (await shop.ask(QUOTE, by=ada))["createQuote"]
        charges = quote["charges"]
        return tuple(float(one["amount"]) for one in (charges["shipping"], charges["tax"], quote["total"]))

    _, _, plain = await costs()
    zone = await do(CREATE, idempotencyKey="z", **HOME)
    assert [place["countryCode"] for place in zone["places"]] == ["DE", "*"]
    [price] = zone["rates"][0]["prices"]
    assert price == {
        "currencyCode": "EUR",
        "freeFrom": None,
        "steps": [{"upTo": "1000", "price": {"amount": "5.90"}}, {"upTo": None, "price": {"amount": "9.90"}}],
    }
    region = change("createTaxRegion", REGION)
    rates = [{"taxClass": "standard", "percent": "19"}, {"taxClass": "food", "percent": "7"}]
    made = await do(region, countryCode="*", rates=rates, idempotencyKey="r")
    assert (made["rounding"], made["half"], made["taxOnShipping"], made["state"]) == ("ORDER", "UP", True, None)
    assert {rate["taxClass"]: float(rate["percent"]) for rate in made["rates"]} == {"standard": 19, "food": 7}
    tax = round((plain + 5.90) * 0.19 + 1e-9, 2)
    assert await costs() == (5.90, tax, round(plain + 5.90 + tax, 2))
    update = {"id": offer.product_id, "version": 1, "taxClass": "food"}
    assert (await do(CLASS, **update)) == {"taxClass": "food"}
    assert (await costs())[1] == round(round(plain * 0.07 + 1e-9, 2) + round(5.90 * 0.19 + 1e-9, 2), 2)
    assert (await do(CLASS, **update | {"version": 2, "taxClass": "Food!"}))["fields"] == [
        {"path": ["input", "taxClass"]}
    ]
    changed = await do(change("changeTaxRegion", REGION), id=made["id"], version=1, idempotencyKey="s",
                       pricesIncludeTax=True, rates=rates[:1])  # fmt: skip
    assert (changed["version"], changed["pricesIncludeTax"], len(changed["rates"])) == (2, True, 1)
    assert (await costs())[2] == round(plain + 5.90, 2)
    stale = await do(CHANGE, id=zone["id"], version=7, name="Other", idempotencyKey="y")
    assert (stale["__typename"], stale["currentVersion"]) == ("StaleVersion", 1)
    wrong = await do(CREATE, idempotencyKey="x", **HOME | {"name": ""})
    assert wrong["fields"] == [{"path": ["input", "name"]}]
    seen = await shop.ask("{ shippingZones { id name } taxRegions { id countryCode } }", by=staff)
    assert seen["shippingZones"] == [{"id": zone["id"], "name": "Home"}]
    assert seen["taxRegions"] == [{"id": made["id"], "countryCode": "*"}]
    assert (await do(DELETE, id=zone["id"], version=1, idempotencyKey="d"))["id"] == zone["id"]
    gone = await do(change("deleteTaxRegion", "... on DeletedTaxRegion { id }"), id=made["id"], version=2,
                    idempotencyKey="e")  # fmt: skip
    assert gone["id"] == made["id"]
    assert await costs() == (0, 0, plain)
