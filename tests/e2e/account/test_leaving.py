"""One's profile, one's data, and the end of an account."""

import json

import pytest
from sqlalchemy import select

from models import AccountToken, Address, Identity, RefreshSession, User
from tests.e2e.account.asking import (
    INVALID,
    ME,
    NEW_PASSWORD,
    RESET,
    WRONG_PASSWORD,
    count,
    do,
    queue_is_empty,
    refused,
    sign_in,
    user_id,
)
from tests.e2e.shop import PASSWORD, REGISTER, Shop
from tests.mailbox import Mailbox
from tests.modes import ONE_MODE

pytestmark = pytest.mark.usefixtures("worker")


@ONE_MODE
async def test_a_profile_is_changed_in_part(shop: Shop) -> None:
    ada = await shop.customer()
    named = await do(shop, "updateProfile", {"displayName": " Ada Lovelace "}, ada)
    assert named == {"__typename": "User", "displayName": "Ada Lovelace", "locale": "en"}
    assert (await do(shop, "updateProfile", {"locale": "ZH-Hans"}, ada))["locale"] == "zh-Hans"
    bad = await do(shop, "updateProfile", {"displayName": "a\0", "locale": "english"}, ada)
    assert [field["path"] for field in bad["fields"]] == [["input", "displayName"], ["input", "locale"]]
    assert (await shop.ask(ME, by=ada))["me"] == {
        "email": ada.email,
        "displayName": "Ada Lovelace",
        "locale": "zh-Hans",
        "emailVerified": False,
    }


ADD = """
mutation Add($input: AddAddressInput!) { addAddress(input: $input) { ... on Address { id } } }
"""


HOME = {"recipient": "Ada", "phone": "+49 30 123456", "line1": "Street 1"}
HOME |= {"postalCode": "10115", "city": "Berlin", "countryCode": "de"}


async def test_a_closed_account_is_gone_and_its_orders_remain(shop: Shop, mailbox: Mailbox) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    address_id = (await shop.ask(ADD, {"input": HOME}, ada))["addAddress"]["id"]
    order = await shop.place(ada, offer.item_id, 2)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    await do(shop, "requestPasswordReset", {"email": ada.email})
    reset = await mailbox.token(ada.email, RESET)
    assert await do(shop, "closeAccount", {"password": "wrong horse"}, ada) == WRONG_PASSWORD
    assert (await do(shop, "closeAccount", {"password": PASSWORD}, ada))["__typename"] == "CloseAccountSuccess"

    await refused(shop, ada)
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "InvalidCredentials"
    assert await do(shop, "resetPassword", {"token": reset, "newPassword": NEW_PASSWORD}) == INVALID
    await mailbox.get(ada.email, "Your account is closed")
    await do(shop, "requestPasswordReset", {"email": ada.email})
    await queue_is_empty(shop)
    assert [mail["Subject"] for mail in mailbox.to(ada.email)].count(RESET) == 1

    owner = user_id(ada)
    for table in (Address, AccountToken, Identity, RefreshSession):
        assert await count(shop, table, table.user_id == owner) == 0
    async with shop.server.infra.database.read() as session:
        [row] = await session.scalars(select(User).where(User.id == owner))
    assert (row.email, row.display_name, row.password_hash) == (f"closed-{owner.hex}@invalid", "", "")
    assert row.closed_at is not None
    # The shop still knows what was sold, and the customer may come back as another.
    kept = await shop.order(staff, order["id"])
    assert (kept["status"], kept["lines"][0]["quantity"]) == ("AWAITING_PAYMENT", 2)
    assert kept["customer"] == {"id": ada.id, "email": row.email}
    assert (await shop.counts(offer))["held"] == 2
    node = "query Node($id: ID!) { node(id: $id) { id } }"
    assert (await shop.ask(node, {"id": address_id}, staff))["node"] is None
    given = {"email": ada.email, "password": PASSWORD, "displayName": "Ada"}
    assert (await shop.ask(REGISTER, {"input": given}))["register"]["user"]["id"] != ada.id


async def test_two_close_their_accounts(shop: Shop) -> None:
    people = [await shop.customer(), await shop.customer()]
    for person in people:
        assert (await do(shop, "closeAccount", {"password": PASSWORD}, person))[
            "__typename"
        ] == "CloseAccountSuccess"
    assert await count(shop, User, User.closed_at.is_not(None)) == 2


async def test_an_export_holds_all_that_is_ones_own_and_nothing_else(shop: Shop) -> None:
    staff, ada, bob = await shop.staff(), await shop.customer(), await shop.customer("Bob the other")
    offer = await shop.offer(staff)
    for person, recipient in ((ada, "Ada at home"), (bob, "Bob at home")):
        added = (await shop.ask(ADD, {"input": {**HOME, "recipient": recipient}}, person))["addAddress"]["id"]
        wish = {"itemId": offer.item_id, "quantity": 1, "addressId": added, "idempotencyKey": person.id}
        placed = (await shop.ask(_PLACE, {"input": wish}, person))["placeFlashOrder"]
        assert placed["__typename"] == "Order"
    await do(shop, "updateProfile", {"displayName": "Ada Lovelace"}, ada)
    await do(shop, "changeEmail", {"newEmail": "later@example.com", "password": PASSWORD}, ada)
    answer = await do(shop, "exportMyData", None, ada)
    export = json.loads(answer["json"])
    assert list(export) == [
        "exportedAt",
        "profile",
        "addresses",
        "sessions",
        "identities",
        "orders",
        "cart",
        "securityEvents",
    ]
    assert export["cart"] == []
    assert {name: export["profile"][name] for name in ("email", "displayName", "locale", "roles")} == {
        "email": ada.email,
        "displayName": "Ada Lovelace",
        "locale": "en",
        "roles": ["CUSTOMER"],
    }
    [address] = export["addresses"]
    assert (address["recipient"], address["phone"], address["isDefault"]) == ("Ada at home", "+4930123456", True)
    [order] = export["orders"]
    assert order["shippingAddress"] == address
    assert order["total"] == {"amount": "19.90", "currencyCode": "EUR"}
    assert [line["sku"] for line in order["lines"]] == [offer.sku]
    [session] = export["sessions"]
    assert session["revokedAt"] is None
    assert [event["action"] for event in export["securityEvents"]] == [
        "user.registered",
        "email.change_requested",
    ]
    for other in ("Bob", bob.email, "argon2", str(user_id(bob)), user_id(bob).hex):
        assert other not in answer["json"]
    pretty = await do(shop, "exportMyData", {"pretty": True}, ada)
    assert "\n  " in pretty["json"]


@ONE_MODE
async def test_an_export_holds_no_note_for_staff(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    for text, visible in (("We think she cheats", False), ("It comes on Monday", True)):
        wish = {"orderId": order["id"], "text": text, "visibleToCustomer": visible, "idempotencyKey": text}
        noted = await shop.ask(_NOTE, {"input": wish}, staff)
        assert noted["addOrderNote"]["__typename"] == "Order"
    [exported] = json.loads((await do(shop, "exportMyData", None, ada))["json"])["orders"]
    notes = [event["note"] for event in exported["history"]]
    assert (notes.count("It comes on Monday"), "We think she cheats" in str(exported)) == (1, False)


_NOTE = "mutation Note($input: AddOrderNoteInput!) { addOrderNote(input: $input) { __typename } }"
_PLACE = """
mutation Place($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename } }
"""
