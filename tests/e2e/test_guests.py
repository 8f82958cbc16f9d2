"""Without an account, over HTTP: order, be mailed a link, pay by it; confirm an address; and see nobody else's."""

from typing import Any, Final

import pytest

from tests.e2e.shop import Person, Shop, new_key
from tests.e2e.test_checkout import add, check_out, ware
from tests.e2e.test_payments import PAY as PAY_ORDER
from tests.e2e.test_payments import do, press
from tests.mailbox import Mailbox, text_of, token_in
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

SESSION: Final = "__typename ... on Session { accessToken refreshToken user { id email roles emailVerified } }"
ERRORS: Final = "... on Error { code } ... on InvalidInput { fields { path } }"
START: Final = (
    f"mutation ($input: StartGuestSessionInput!) {{ startGuestSession(input: $input) {{ {SESSION} {ERRORS} }} }}"
)
REFRESH: Final = f"mutation ($input: RefreshSessionInput!) {{ refreshSession(input: $input) {{ {SESSION} }} }}"
BY_LINK: Final = (
    "query ($token: String!) { orderByLink(token: $token) { id number status lines { title } "
    "shippingAddress { line1 } payments { status redirectUrl } } }"
)
PAY: Final = (
    "mutation ($input: PayOrderByLinkInput!) { payOrderByLink(input: $input) { __typename "
    "... on Payment { status redirectUrl } ... on Error { code } } }"
)
ADDRESS: Final = """
mutation { addAddress(input: {recipient: "Ada", phone: "+49 30 7777777", line1: "Side Street 1", city: "Berlin",
  postalCode: "10115", countryCode: "DE"}) { ... on Address { id } } }
"""
PLACE: Final = (
    "mutation ($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename "
    "... on Order { id number status } ... on Error { code } } }"
)


@pytest.fixture
async def mailbox(shop: Shop) -> Mailbox:
    return Mailbox(shop.server.infra.settings.home)


async def start(shop: Shop, email: str, **more: Any) -> tuple[Person, dict[str, Any]]:
    answer = (await shop.ask(START, {"input": {"email": email, **more}}))["startGuestSession"]
    return Person(answer["user"]["id"], answer["user"]["email"], answer["accessToken"]), answer


async def test_order_pay_by_the_mailed_link_and_open_an_account(shop: Shop, mailbox: Mailbox) -> None:
    offer = await shop.offer(await shop.staff())
    guest, answer = await start(shop, " Guest@Example.com ", name="Ada")
    assert answer["user"]["roles"] == ["GUEST"]
    assert guest.email == "guest@example.com"
    home = (await shop.ask(ADDRESS, by=guest))["addAddress"]["id"]
    wish = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key(), "addressId": home}
    order = (await shop.ask(PLACE, {"input": wish}, guest))["placeFlashOrder"]
    assert (await shop.order(guest, order["id"]))["number"] == order["number"]
    mails = await until(lambda: order_mails(mailbox, guest.email), bool)
    token = token_in(mails[0])
    assert "/order#token=" in text_of(mails[0])

    seen = (await shop.ask(BY_LINK, {"token": token}))["orderByLink"]
    assert (seen["id"], seen["shippingAddress"]) == (order["id"], {"line1": "Side Street 1"})
    for wrong in ("", "x" * 43, token[:-1], token + "x", "x" * 5000):
        assert (await shop.ask(BY_LINK, {"token": wrong}))["orderByLink"] is None
    pay = {"token": token, "idempotencyKey": new_key()}
    payment = (await shop.ask(PAY, {"input": pay}))["payOrderByLink"]
    assert payment["__typename"] == "Payment"
    assert payment["redirectUrl"]
    no_link = {"input": {**pay, "token": "x" * 43}}
    assert (await shop.ask(PAY, no_link))["payOrderByLink"] == {"__typename": "NotFound", "code": "NOT_FOUND"}

    # Another with the same address, not confirmed, sees nothing of it; nor does an account, until it is.
    stranger, _ = await start(shop, guest.email)
    assert await shop.order(stranger, order["id"]) is None
    given = {"email": guest.email, "password": "correct horse battery", "displayName": "Ada"}
    register = (
        "mutation ($input: RegisterInput!) { register(input: $input) "
        "{ ... on Session { accessToken user { id } } } }"
    )
    account = (await shop.ask(register, {"input": given}))["register"]
    ada = Person(account["user"]["id"], guest.email, account["accessToken"])
    assert await shop.order(ada, order["id"]) is None
    verify = "mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { __typename } }"
    await shop.ask(verify, {"input": {"token": await mailbox.token(guest.email, "Confirm your e-mail address")}})
    assert (await shop.order(ada, order["id"]))["number"] == order["number"]
    refused = await shop.server.graphql("{ me { id } }", token=guest.token)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await shop.ask(BY_LINK, {"token": token}))["orderByLink"]["id"] == order["id"]


async def order_mails(mailbox: Mailbox, address: str) -> list[Any]:
    return [mail for mail in mailbox.to(address) if "Your order" in mail["Subject"]]


async def test_a_sale_for_confirmed_addresses(shop: Shop, mailbox: Mailbox) -> None:
    staff = await shop.staff()
    offer = await shop.offer(staff)
    change = (
        "mutation ($input: ChangeFlashSaleInput!) { changeFlashSale(input: $input) { __typename "
        "... on FlashSale { confirmedEmailOnly } } }"
    )
    wish = {"id": offer.sale_id, "version": 1, "confirmedEmailOnly": True}
    assert (await shop.ask(change, {"input": wish}, staff))["changeFlashSale"]["confirmedEmailOnly"] is True
    guest, answer = await start(shop, "confirmed@example.com")

    async def refused() -> Any:
        return await shop.place(guest, offer.item_id)

    # Every process goes by it within two seconds.
    no = await until(refused, lambda answer: answer["__typename"] != "Order")
    assert (no["__typename"], no["code"]) == ("EmailNotConfirmed", "EMAIL_NOT_CONFIRMED")
    assert (await shop.place(await shop.customer(), offer.item_id))["code"] == "EMAIL_NOT_CONFIRMED"
    ask = "mutation { requestEmailVerification { ... on RequestEmailVerificationSuccess { email } } }"
    asked = await shop.ask(ask, by=guest)
    assert asked["requestEmailVerification"]["email"] == guest.email
    verify = "mutation ($input: VerifyEmailInput!) { verifyEmail(input: $input) { __typename } }"
    token = await mailbox.token(guest.email, "Confirm your e-mail address")
    await shop.ask(verify, {"input": {"token": token}})
    renewed = (await shop.ask(REFRESH, {"input": {"refreshToken": answer["refreshToken"]}}))["refreshSession"]
    assert renewed["user"]["emailVerified"] is True
    confirmed = Person(guest.id, guest.email, renewed["accessToken"])
    assert (await shop.place(confirmed, offer.item_id))["__typename"] == "Order"


async def test_what_is_not_for_guests(shop: Shop) -> None:
    guest, _ = await start(shop, "nobody@example.com")
    change = (
        'mutation { changePassword(input: {oldPassword: "x", newPassword: "correct horse"}) { __typename } }',
        'mutation { closeAccount(input: {password: ""}) { __typename } }',
        'mutation { updateProfile(input: {displayName: "x"}) { __typename } }',
    )
    for document in change:
        answer = await shop.server.graphql(document, token=guest.token)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", document
    grant = "mutation ($input: GrantRoleInput!) { grantRole(input: $input) { __typename ... on Error { code } } }"
    admin = await shop.admin()
    for role in ("GUEST", "STAFF"):
        answer = (await shop.ask(grant, {"input": {"userId": guest.id, "role": role}}, admin))["grantRole"]
        assert answer["code"] in ("INVALID_INPUT", "NOT_FOUND"), role
    for given in ({"email": "no"}, {"email": "a@example.com", "name": "\n"}, {"email": "a@b.c", "locale": "?"}):
        answer = (await shop.ask(START, {"input": given}))["startGuestSession"]
        field = "email" if len(given) == 1 else next(name for name in given if name != "email")
        assert answer["fields"] == [{"path": ["input", field]}]
    forget = (
        "mutation ($input: ForgetGuestInput!) { forgetGuest(input: $input) { __typename ... on Error { code } } }"
    )
    own, others = {"input": {"email": guest.email}}, {"input": {"email": "x@example.com"}}
    assert (await shop.ask(forget, own, await shop.customer()))["forgetGuest"]["code"] == "NOT_FOUND"
    assert (await shop.ask(forget, others, guest))["forgetGuest"]["code"] == "INVALID_INPUT"
    assert (await shop.ask(forget, own, guest))["forgetGuest"]["__typename"] == "ForgetGuestSuccess"
    refused = await shop.server.graphql("{ me { id } }", token=guest.token)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


ADD: Final = """mutation ($input: AddCartItemInput!) { addCartItem(input: $input) {
  __typename ... on CartPayload { cartToken } ... on Error { code } } }"""
FIND: Final = "query ($id: ID!) { order(id: $id) { id status } node(id: $id) { id } }"
OWN: Final = "{ me { orders { edges { node { id status } } } } }"


async def test_from_a_cart_to_paid_and_nobody_else_sees_it(shop: Shop) -> None:
    staff = await shop.staff()
    shirt = await ware(shop, staff, "SHIRT", "19.99")
    put = {"input": {"variantId": shirt, "quantity": 2, "idempotencyKey": new_key()}}
    token = (await shop.ask(ADD, put))["addCartItem"]["cartToken"]
    begun = await shop.server.http.post(
        "/graphql",
        json={"query": START, "variables": {"input": {"email": "bob@example.com"}}},
        headers={"X-Cart-Token": token},
    )
    answer = begun.json()["data"]["startGuestSession"]
    bob = Person(answer["user"]["id"], "bob@example.com", answer["accessToken"])
    home = (await shop.ask(ADDRESS, by=bob))["addAddress"]["id"]
    order = await check_out(shop, bob, addressId=home)
    assert (order["status"], order["total"]["amount"]) == ("AWAITING_PAYMENT", "39.98")
    assert order["shippingAddress"] == {"recipient": "Ada", "city": "Berlin"}
    assert (await check_out(shop, bob))["code"] == "CART_EMPTY"

    # Another guest with the same address, a customer, nobody: none looks, pays, cancels, or ships there.
    same, _ = await start(shop, bob.email)
    ada = await shop.customer()
    for who in (same, ada, None):
        assert await shop.ask(FIND, {"id": order["id"]}, who) == {"order": None, "node": None}
    for who in (same, ada):
        assert (await do(shop, who, PAY_ORDER, orderId=order["id"]))["code"] == "NOT_FOUND"
        assert (await shop.cancel(who, order["id"]))["code"] == "NOT_FOUND"
        assert (await shop.ask(OWN, by=who))["me"]["orders"]["edges"] == []
        await add(shop, who, shirt, 1)
        theirs = await check_out(shop, who, addressId=home)
        assert theirs["__typename"] in ("NotFound", "InvalidInput")
    payment = await do(shop, bob, PAY_ORDER, orderId=order["id"])
    assert (payment["status"], payment["order"]["id"]) == ("PENDING", order["id"])
    await press(shop, payment, decision="approve")
    await shop.order_becomes(bob, order["id"], "PAID")

    await add(shop, bob, shirt, 1)
    second = await check_out(shop, bob)
    assert (await shop.cancel(bob, second["id"]))["status"] == "CANCELLED"
    mine = (await shop.ask(OWN, by=bob))["me"]["orders"]["edges"]
    assert [edge["node"] for edge in mine] == [
        {"id": second["id"], "status": "CANCELLED"},
        {"id": order["id"], "status": "PAID"},
    ]
