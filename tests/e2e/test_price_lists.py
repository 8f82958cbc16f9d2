"""Price lists over HTTP: a member sees their price, and nobody else is shown it, by whatever cache."""

from typing import Any, Final

import pytest

from resolvers.shared.node import decode_id
from services.user.change_customers import CustomersChange, change_customers
from tests.e2e.shop import LOGIN, PASSWORD, Person, Shop, new_key
from tests.e2e.test_checkout import add, check_out, ware
from tests.e2e.test_customer_groups import GROUP, do
from tests.modes import ONE_MODE

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

LIST: Final = (
    "... on PriceList { id version name groups { name } prices(first: 1) { totalCount pageInfo { endCursor }"
    " edges { node { price { amount currencyCode } variant { sku } } } } }"
    " ... on Error { code } ... on InvalidInput { fields { path } }"
)
PRICE: Final = """query ($slug: String!) { product(slug: $slug) {
  variants { price { amount } prices { price { amount } } } priceRange { min { amount } max { amount } } } }"""
CART: Final = """{ cart { subtotal { amount }
  items { unitPrice { amount } notes { code } variant { price { amount } } } } }"""


async def test_a_member_sees_their_price_and_nobody_else_does(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    shirt = await ware(shop, staff, "SHIRT", "20.00")
    await ware(shop, staff, "SHOE", "50.00")

    async def ask(what: str, answer: str, /, **given: Any) -> Any:
        return (await shop.ask(do(what, answer), {"input": given}, staff))[what]

    async def price(by: Person | None) -> str:
        found = (await shop.ask(PRICE, {"slug": "shirt-shirt"}, by))["product"]
        return str(found["variants"][0]["price"]["amount"])

    assert await price(None) == "20.00"  # and it is kept
    vip = await ask("createCustomerGroup", GROUP, name="VIP", idempotencyKey=new_key())
    made = await ask("createPriceList", LIST, name="VIP", groupIds=[vip["id"]], idempotencyKey=new_key())
    assert (made["version"], made["groups"]) == (1, [{"name": "VIP"}])
    eur = {"currencyCode": "EUR"}
    given = [eur | {"sku": "SHIRT", "price": "15.00"}, eur | {"sku": "SHOE", "price": "49.00"}]
    wrong = await ask("setPriceListPrices", LIST, id=made["id"], version=1, prices=[*given, eur | {"sku": "SOCK"}])
    assert wrong["fields"] == [{"path": ["input", "prices", "2", "sku"]}]
    priced = await ask("setPriceListPrices", LIST, id=made["id"], version=1, prices=given)
    assert (priced["version"], priced["prices"]["totalCount"]) == (2, 2)
    assert priced["prices"]["edges"][0]["node"]["variant"]["sku"] == "SHIRT"
    more = "query ($id: ID!, $after: String) { node(id: $id) { ... on PriceList { prices(after: $after) "
    more += "{ pageInfo { hasNextPage } edges { node { variant { sku } } } } } } }"
    page = {"id": made["id"], "after": priced["prices"]["pageInfo"]["endCursor"]}
    rest = (await shop.ask(more, page, staff))["node"]["prices"]
    assert (rest["pageInfo"]["hasNextPage"], len(rest["edges"])) == (False, 1)
    stale = LIST + " ... on StaleVersion { currentVersion }"
    late = await ask("setPriceListPrices", stale, id=made["id"], version=1, prices=given)
    assert (late["code"], late["currentVersion"]) == ("STALE_VERSION", 2)

    infra = shop.server.infra
    wish = CustomersChange([decode_id(ada.id, "User")], [decode_id(vip["id"], "CustomerGroup")])
    await change_customers(infra, wish, decode_id(staff.id, "User"))
    signed_in = (await shop.ask(LOGIN, {"input": {"email": ada.email, "password": PASSWORD}}))["login"]
    ada = Person(ada.id, ada.email, signed_in["accessToken"])
    assert [await price(by) for by in (ada, None, eve, ada, None)] == ["15.00", "20.00", "20.00", "15.00", "20.00"]
    whole = (await shop.ask(PRICE, {"slug": "shirt-shirt"}, ada))["product"]
    assert whole["variants"][0]["prices"] == [{"price": {"amount": "15.00"}}]
    assert whole["priceRange"] == {"min": {"amount": "15.00"}, "max": {"amount": "15.00"}}
    asked = {"query": PRICE, "variables": '{"slug": "shirt-shirt"}'}
    for by, kept in ((None, "public, max-age=60"), (ada, "no-store")):
        headers = {"authorization": f"Bearer {by.token}"} if by else {}
        answer = await shop.server.http.get("/graphql", params=asked, headers=headers)
        assert answer.headers["cache-control"] == kept
        assert "authorization" in answer.headers["vary"].lower()

    for by, total in ((ada, "30.00"), (eve, "40.00")):
        await add(shop, by, shirt, 2)
        cart = (await shop.ask(CART, by=by))["cart"]
        unit = {"amount": "15.00" if by is ada else "20.00"}
        assert cart == {
            "subtotal": {"amount": total},
            "items": [{"unitPrice": unit, "notes": [], "variant": {"price": unit}}],
        }
    assert (await check_out(shop, ada))["charges"]["subtotal"] == {"amount": "30.00"}
    assert (await check_out(shop, eve))["charges"]["subtotal"] == {"amount": "40.00"}

    changed = await ask("changePriceList", LIST, id=made["id"], version=2, name="Nobody")
    assert (changed["name"], changed["groups"], await price(ada)) == ("Nobody", [], "20.00")
    gone = await ask("deletePriceList", "... on DeletedPriceList { id }", id=made["id"], version=3)
    assert gone["id"] == made["id"]
    assert (await shop.ask("{ priceLists { id } }", by=staff))["priceLists"] == []
