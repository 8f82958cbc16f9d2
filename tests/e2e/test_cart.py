"""Carts as front ends use them: a guest fills one, signs in, and finds it there with today's prices and stock."""

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import update

from models import Product, ProductStatus, StockLevel, Variant
from resolvers.shared.node import encode_id
from tests.e2e.hostile import assert_clean
from tests.e2e.shop import CREATE, LOGIN, PASSWORD, REGISTER, Person, Shop
from tests.modes import ONE_MODE
from tests.server import Server

UNKNOWN: Final = UUID(int=7)
CART: Final = """
fragment Whole on Cart {
  id totalQuantity subtotal { amount currencyCode } selectedQuantity selectedSubtotal { amount }
  items {
    id quantity selected lineTotal { amount } unitPrice { amount } addedPrice { amount } available
    notes { code } variant { sku }
  }
  unavailableItems { id sku title quantity }
}
"""
LOOK = f"{{ cart {{ ...Whole }} }} {CART}"
OUTCOME = f"""
fragment Outcome on CartResult {{
  __typename
  ... on CartPayload {{ cartToken cart {{ ...Whole }} }}
  ... on Error {{ code message }}
  ... on OutOfStock {{ sku available }}
  ... on InvalidInput {{ fields {{ path message }} }}
}}
{CART}
"""


def change(name: str) -> str:
    """The mutation of that name."""
    kind = name[0].upper() + name[1:]
    return f"mutation ($input: {kind}Input!) {{ {name}(input: $input) {{ ...Outcome }} }} {OUTCOME}"


@dataclass(slots=True)
class Device:
    """A front end: it keeps the token of its cart, and that of its session."""

    server: Server
    cart_token: str | None = None
    session: str | None = None

    async def ask(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        headers = {"X-Cart-Token": self.cart_token} if self.cart_token else {}
        if self.session:
            headers["Authorization"] = f"Bearer {self.session}"
        body = {"query": query, "variables": variables or {}}
        answer = (await self.server.http.post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        return answer["data"]

    async def change(self, name: str, **given: Any) -> Any:
        outcome = (await self.ask(change(name), {"input": given}))[name]
        if outcome["__typename"] == "CartPayload":
            self.cart_token = outcome["cartToken"] or self.cart_token
            return outcome["cart"]
        return outcome

    async def add(self, variant_id: str, quantity: int = 1, **others: Any) -> Any:
        return await self.change("addCartItem", variantId=variant_id, quantity=quantity, **others)

    async def cart(self) -> Any:
        return (await self.ask(LOOK))["cart"]


@dataclass(frozen=True, slots=True)
class Ware:
    sku: str
    id: str


async def ware(shop: Shop, staff: Person, sku: str, price: str = "10.00", on_hand: int = 10) -> Ware:
    variant = {"sku": sku, "price": price, "currencyCode": "EUR", "quantity": on_hand}
    made = (await shop.ask(CREATE, {"input": {"title": f"Shirt {sku}", "variants": [variant]}}, staff))[
        "createProduct"
    ]
    return Ware(sku, made["variants"][0]["id"])


def lines(cart: Any) -> dict[str, int]:
    return {item["variant"]["sku"]: item["quantity"] for item in cart["items"]}


async def test_a_guest_fills_a_cart_and_changes_it(shop: Shop) -> None:
    staff, guest = await shop.staff(), Device(shop.server)
    shirt, shoe = await ware(shop, staff, "SHIRT", "10.00"), await ware(shop, staff, "SHOE", "2.50")
    assert await guest.cart() is None
    cart = await guest.add(shirt.id, 2)
    assert guest.cart_token is not None
    token = guest.cart_token
    cart = await guest.add(shoe.id, 3)
    assert guest.cart_token == token
    assert await guest.cart() == cart
    [first, second] = cart["items"]
    assert first == {
        "id": first["id"],
        "quantity": 2,
        "selected": True,
        "lineTotal": {"amount": "20.00"},
        "unitPrice": {"amount": "10.00"},
        "addedPrice": {"amount": "10.00"},
        "available": 10,
        "notes": [],
        "variant": {"sku": "SHIRT"},
    }
    assert (cart["totalQuantity"], cart["subtotal"]) == (5, {"amount": "27.50", "currencyCode": "EUR"})
    cart = await guest.change("selectCartItems", itemIds=[second["id"]], selected=False)
    assert (cart["subtotal"]["amount"], cart["selectedSubtotal"]["amount"]) == ("27.50", "20.00")
    assert (cart["totalQuantity"], cart["selectedQuantity"]) == (5, 2)
    cart = await guest.change("updateCartItem", itemId=second["id"], quantity=1)
    assert lines(cart) == {"SHIRT": 2, "SHOE": 1}
    assert lines(await guest.change("removeCartItem", itemId=first["id"])) == {"SHOE": 1}
    gone = await guest.change("updateCartItem", itemId=first["id"], quantity=1)
    assert gone["code"] == "NOT_FOUND"
    assert lines(await guest.change("updateCartItem", itemId=second["id"], quantity=0)) == {}
    await guest.add(shirt.id)
    cart = await guest.change("clearCart")
    assert (lines(cart), cart["subtotal"]) == ({}, {"amount": "0.00", "currencyCode": "EUR"})


async def test_what_has_changed_since_is_noted(shop: Shop) -> None:
    staff, ada = await shop.staff(), Device(shop.server, session=(await shop.customer()).token)
    wares = [await ware(shop, staff, sku) for sku in ("DEARER", "SCARCE", "GONE", "DRAFT", "ARCHIVED")]
    for each in wares:
        await ada.add(each.id, 3)
    async with shop.server.infra.database.write() as session:
        await session.execute(update(Variant).where(Variant.sku == "DEARER").values(price=1250))
        for sku, left in (("SCARCE", 2), ("GONE", 0)):
            level = update(StockLevel).where(StockLevel.sku == sku)
            await session.execute(level.values(available=left, on_hand=left))
    await _withdraw(shop)
    cart = await ada.cart()
    seen = {item["variant"]["sku"]: item for item in cart["items"]}
    assert {sku: [note["code"] for note in item["notes"]] for sku, item in seen.items()} == {
        "DEARER": ["PRICE_CHANGED"],
        "SCARCE": ["NOT_ENOUGH_STOCK"],
        "GONE": ["SOLD_OUT"],
    }
    assert (seen["DEARER"]["unitPrice"]["amount"], seen["DEARER"]["addedPrice"]["amount"]) == ("12.50", "10.00")
    assert [seen[sku]["available"] for sku in ("DEARER", "SCARCE", "GONE")] == [10, 2, 0]
    assert [(item["sku"], item["title"], item["quantity"]) for item in cart["unavailableItems"]] == [
        ("DRAFT", "Shirt DRAFT", 3),
        ("ARCHIVED", "Shirt ARCHIVED", 3),
    ]
    assert (cart["totalQuantity"], cart["subtotal"]["amount"]) == (9, "97.50")
    assert (await ada.add(wares[3].id))["code"] == "NOT_FOUND"
    cart = await ada.change("removeCartItem", itemId=cart["unavailableItems"][0]["id"])
    assert [item["sku"] for item in cart["unavailableItems"]] == ["ARCHIVED"]
    # Fewer of what is scarce is always taken; more is not.
    [scarce] = [item["id"] for item in cart["items"] if item["variant"]["sku"] == "SCARCE"]
    refused = await ada.change("updateCartItem", itemId=scarce, quantity=4)
    assert (refused["__typename"], refused["sku"], refused["available"]) == ("OutOfStock", "SCARCE", 2)
    cart = await ada.change("updateCartItem", itemId=scarce, quantity=2)
    assert [item["notes"] for item in cart["items"] if item["id"] == scarce] == [[]]


async def _withdraw(shop: Shop) -> None:
    infra = shop.server.infra
    async with infra.database.write() as session:
        by_title = update(Product).where(Product.title == "Shirt DRAFT")
        await session.execute(by_title.values(status=ProductStatus.DRAFT))
        archived = update(Variant).where(Variant.sku == "ARCHIVED")
        await session.execute(archived.values(archived_at=infra.now()))


@pytest.mark.parametrize("way", ["login", "register", "mergeCart"])
async def test_at_sign_in_the_guests_cart_comes_along(shop: Shop, way: str) -> None:
    staff, guest = await shop.staff(), Device(shop.server)
    shirt, shoe = await ware(shop, staff, "SHIRT", on_hand=5), await ware(shop, staff, "SHOE")
    await guest.add(shirt.id, 4)
    await guest.add(shoe.id, 1)
    if way == "register":
        given = {"email": "new@example.com", "password": PASSWORD, "displayName": "New"}
        session = (await guest.ask(REGISTER, {"input": given}))["register"]
        expected = {"SHIRT": 4, "SHOE": 1}
    else:
        ada = await shop.customer()
        await Device(shop.server, session=ada.token).add(shirt.id, 3)
        login = guest if way == "login" else Device(shop.server)
        session = (await login.ask(LOGIN, {"input": {"email": ada.email, "password": PASSWORD}}))["login"]
        expected = {"SHIRT": 5, "SHOE": 1}  # as far as the stock goes
    signed_in = Device(shop.server, session=session["accessToken"])
    if way == "mergeCart":
        assert lines(await signed_in.cart()) == {"SHIRT": 3}
        assert lines(await signed_in.change("mergeCart", cartToken=guest.cart_token)) == expected
    cart = await signed_in.cart()
    assert lines(cart) == expected
    # The token is for nothing any more, also beside a session.
    assert lines(await guest.cart()) == {}
    again = Device(shop.server, guest.cart_token, signed_in.session)
    assert await again.cart() == cart
    assert lines(await again.change("mergeCart", cartToken=guest.cart_token)) == expected


async def test_two_devices_change_one_cart_at_once(shop: Shop) -> None:
    staff, person = await shop.staff(), await shop.customer()
    wares = [await ware(shop, staff, f"SKU-{number}", on_hand=50) for number in range(4)]
    devices = [Device(shop.server, session=person.token) for _ in range(2)]
    await asyncio.gather(*(device.add(each.id) for device in devices for each in wares for _ in range(5)))
    assert lines(await devices[0].cart()) == {each.sku: 10 for each in wares}


@ONE_MODE
async def test_a_cart_is_nobody_elses(shop: Shop) -> None:
    staff, ada = await shop.staff(), Device(shop.server, session=(await shop.customer()).token)
    shirt = await ware(shop, staff, "SHIRT")
    guest, stranger = Device(shop.server), Device(shop.server)
    hers, his = await ada.add(shirt.id), await guest.add(shirt.id)
    await stranger.add(shirt.id)
    node = "query ($id: ID!) { node(id: $id) { ... on Cart { totalQuantity } } }"
    for mine, cart in ((ada, hers), (guest, his)):
        assert (await mine.ask(node, {"id": cart["id"]}))["node"] == {"totalQuantity": 1}
        for other in (stranger, Device(shop.server, session=staff.token), Device(shop.server)):
            assert (await other.ask(node, {"id": cart["id"]}))["node"] is None
            line = cart["items"][0]["id"]
            for name, given in (
                ("updateCartItem", {"itemId": line, "quantity": 9}),
                ("removeCartItem", {"itemId": line}),
                ("selectCartItems", {"itemIds": [line], "selected": False}),
            ):
                assert (await other.change(name, **given))["code"] == "NOT_FOUND"
        assert await mine.cart() == cart
    answer = await shop.server.graphql(change("mergeCart"), {"input": {"cartToken": guest.cart_token}})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@ONE_MODE
async def test_wrong_input_is_named(shop: Shop) -> None:
    staff, guest = await shop.staff(), Device(shop.server)
    shirt = await ware(shop, staff, "SHIRT")
    for quantity in (0, -1, 1000, 2**31 - 1):
        refused = await guest.add(shirt.id, quantity)
        assert refused["fields"][0]["path"] == ["input", "quantity"]
    assert (await guest.add(shirt.id, 11))["__typename"] == "OutOfStock"
    for wrong in ("nonsense", encode_id("Product", UNKNOWN), "\0"):
        assert (await guest.add(wrong))["fields"][0]["path"] == ["input", "variantId"]
    assert (await guest.add(encode_id("Variant", UNKNOWN)))["code"] == "NOT_FOUND"
    assert (await guest.add(shirt.id, currencyCode="XXX"))["fields"][0]["path"] == ["input", "currencyCode"]
    assert (await guest.add(shirt.id, currencyCode="USD"))["fields"][0]["path"] == ["input", "variantId"]
    assert (await guest.add(shirt.id, idempotencyKey="k" * 129))["fields"][0]["path"] == [
        "input",
        "idempotencyKey",
    ]
    assert guest.cart_token is None
    for name, given in (
        ("clearCart", {}),
        ("selectCartItems", {"selected": True}),
        ("removeCartItem", {"itemId": encode_id("CartItem", UNKNOWN)}),
    ):
        assert (await guest.change(name, **given))["code"] == "NOT_FOUND"
    for _ in range(2):
        await guest.add(shirt.id, 2, idempotencyKey="ü😀")
    assert lines(await guest.cart()) == {"SHIRT": 2}
    for token in ("x", "x" * 64, "x" * 10_000, "'; DROP TABLE carts; --", "%00", "\xff"):
        headers = [("content-type", b"application/json"), ("x-cart-token", token.encode("latin-1"))]
        body = b'{"query": "{ cart { id } }"}'
        reply = await shop.server.http.post("/graphql", content=body, headers=headers)  # type: ignore[arg-type]
        assert_clean(reply)
        assert reply.json() == {"data": {"cart": None}}
