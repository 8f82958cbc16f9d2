"""From the order to the receipt over HTTP: the customer's page, the provider's webhook, staff."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from services.payment.receive_webhook import MOST_BYTES
from services.payment.sandbox.secret import webhook_secret
from services.shared.signature import sign
from settings import Settings
from tests.e2e.shop import Person, Shop, new_key
from tests.live import greeted
from tests.modes import ONE_MODE
from tests.waiting import pause, until

pytestmark = pytest.mark.usefixtures("worker")

_PAYMENT: Final = """
id provider status problem redirectUrl amount { amount currencyCode } captured { amount } refunded { amount }
fees { amount } reference refunds { amount { amount } state reason } order { id status }
"""
_ERRORS: Final = (
    "... on Error { code } ... on InvalidInput { fields { path } } ... on InvalidTransition { from to }"
)
_SHOWN: Final = f"__typename ... on Payment {{ {_PAYMENT} }} {_ERRORS}"
PAY: Final = f"mutation ($input: CreatePaymentInput!) {{ createPayment(input: $input) {{ {_SHOWN} }} }}"
TAKE: Final = f"mutation ($input: CapturePaymentInput!) {{ capturePayment(input: $input) {{ {_SHOWN} }} }}"
REFUND: Final = f"mutation ($input: RefundPaymentInput!) {{ refundPayment(input: $input) {{ {_SHOWN} }} }}"
LOOK: Final = f"query ($id: ID!) {{ order(id: $id) {{ status payments {{ {_PAYMENT} }} }} }}"
ALL: Final = """
query ($filter: PaymentFilter) { payments(filter: $filter, first: 5) {
  totalCount edges { node { id order { customer { displayName } } } } } }
"""
BOOKS: Final = """
query ($day: Date!) { dailyTotals(first: $day, last: $day) {
  day provider captured { amount currencyCode } refunded { amount } fees { amount } } }
"""
FOLLOW: Final = "subscription ($id: ID!) { orderUpdated(id: $id) { status } }"


def value(message: dict[str, Any], field: str) -> Any:
    return message["payload"]["data"][field]


async def do(shop: Shop, by: Person, query: str, **wish: Any) -> Any:
    wish.setdefault("idempotencyKey", new_key())
    (answer,) = (await shop.ask(query, {"input": wish}, by)).values()
    return answer


async def ordered(shop: Shop) -> tuple[Person, Person, str]:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    return staff, ada, (await shop.place(ada, offer.item_id))["id"]


async def press(shop: Shop, payment: dict[str, Any], **form: str) -> Any:
    return await shop.server.http.post(payment["redirectUrl"], data=form)


@ONE_MODE
async def test_paid_on_the_sandboxs_page(shop: Shop, settings: Settings) -> None:
    """At once after the order, which may not be in the database yet."""
    staff, ada, order_id = await ordered(shop)
    payment = await do(shop, ada, PAY, orderId=order_id, idempotencyKey="k")
    assert (payment["status"], payment["provider"], payment["fees"]) == ("PENDING", "sandbox", None)
    assert payment["redirectUrl"].startswith(f"{shop.server.url}/sandbox/payments/")
    assert (await do(shop, ada, PAY, orderId=order_id))["id"] == payment["id"]
    page = await shop.server.http.get(payment["redirectUrl"])
    assert (page.status_code, payment["amount"]["amount"] in page.text) == (200, True)
    async with greeted(shop.server, ada.token) as live:
        await live.subscribe(FOLLOW, {"id": order_id})
        assert value(await live.receive(), "orderUpdated")["status"] == "AWAITING_PAYMENT"
        begun = asyncio.get_running_loop().time()
        answer = await press(shop, payment, decision="approve", webhook="twice")
        assert (answer.status_code, answer.headers["location"]) == (303, settings.shop.storefront_url)
        assert value(await live.receive(), "orderUpdated")["status"] == "PAID"
        assert asyncio.get_running_loop().time() - begun < 1.0 + pause()
    shown = (await shop.ask(LOOK, {"id": order_id}, ada))["order"]
    assert (shown["status"], len(shown["payments"])) == ("PAID", 1)
    assert shown["payments"][0]["captured"]["amount"] == payment["amount"]["amount"]
    refused = await do(shop, ada, PAY, orderId=order_id)
    assert (refused["__typename"], refused["from"], refused["to"]) == ("InvalidTransition", "PAID", "PAID")
    done = await shop.server.http.get(payment["redirectUrl"])
    assert "This payment is captured." in done.text
    await assert_books(shop, staff, payment, order_id)


async def assert_books(shop: Shop, staff: Person, payment: dict[str, Any], order_id: str) -> None:
    """Staff give a part back, then the rest; the books have all of it."""
    part = await do(shop, staff, REFUND, paymentId=payment["id"], amount="5.00", reason="Scratched")
    assert (part["status"], part["refunded"]["amount"]) == ("PARTIALLY_REFUNDED", "5.00")
    assert part["refunds"] == [{"amount": {"amount": "5.00"}, "state": "DONE", "reason": "Scratched"}]
    too_much = await do(shop, staff, REFUND, paymentId=payment["id"], amount="1000")
    assert too_much["fields"] == [{"path": ["input", "amount"]}]
    rest = await do(shop, staff, REFUND, paymentId=payment["id"])
    assert (rest["status"], rest["order"]["status"]) == ("REFUNDED", "REFUNDED")
    found = (await shop.ask(ALL, {"filter": {"status": ["REFUNDED"], "orderId": order_id}}, staff))["payments"]
    assert (found["totalCount"], [edge["node"]["id"] for edge in found["edges"]]) == (1, [payment["id"]])
    day = datetime.now(UTC).date().isoformat()
    [total] = (await shop.ask(BOOKS, {"day": day}, staff))["dailyTotals"]
    assert total["captured"] == payment["amount"]
    assert total["refunded"]["amount"] == payment["amount"]["amount"]


async def test_declined_and_tried_again(shop: Shop) -> None:
    _, ada, order_id = await ordered(shop)
    payment = await do(shop, ada, PAY, orderId=order_id, idempotencyKey="k")
    await press(shop, payment, decision="decline")

    async def status() -> Any:
        return (await shop.ask(LOOK, {"id": order_id}, ada))["order"]["payments"][0]["status"]

    await until(status, lambda seen: seen == "FAILED")
    assert (await do(shop, ada, PAY, orderId=order_id, idempotencyKey="k"))["__typename"] == "PaymentDeclined"
    again = await do(shop, ada, PAY, orderId=order_id)
    # The webhook never comes: the provider is asked.
    await press(shop, again, decision="approve", webhook="never")
    await shop.order_becomes(ada, order_id, "PAID")


async def test_money_that_comes_too_late_goes_back_and_the_customer_is_told(shop: Shop) -> None:
    _, ada, order_id = await ordered(shop)
    payment = await do(shop, ada, PAY, orderId=order_id)
    await press(shop, payment, decision="approve", delay="1")
    assert (await shop.cancel(ada, order_id))["status"] == "CANCELLED"

    async def look() -> Any:
        return (await shop.ask(LOOK, {"id": order_id}, ada))["order"]

    seen = await until(look, lambda order: order["payments"][0]["status"] == "REFUNDED")
    assert (seen["status"], len(seen["payments"][0]["refunds"])) == ("CANCELLED", 1)


@ONE_MODE
async def test_paid_by_hand(shop: Shop) -> None:
    staff, ada, order_id = await ordered(shop)
    payment = await do(shop, ada, PAY, orderId=order_id, provider="manual")
    assert (payment["status"], payment["redirectUrl"]) == ("PENDING", None)
    for by in (ada,):
        answer = await shop.server.graphql(
            TAKE, {"input": {"paymentId": payment["id"], "idempotencyKey": "k"}}, by.token
        )
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    taken = await do(shop, staff, TAKE, paymentId=payment["id"])
    assert (taken["status"], taken["order"]["status"]) == ("CAPTURED", "PAID")


@ONE_MODE
async def test_of_anothers_payments_nothing_is_seen_or_done(shop: Shop) -> None:
    _, ada, order_id = await ordered(shop)
    eve = await shop.customer("Eve")
    payment = await do(shop, ada, PAY, orderId=order_id)
    assert (await do(shop, eve, PAY, orderId=order_id))["__typename"] == "NotFound"
    node = "query ($id: ID!) { node(id: $id) { __typename } }"
    assert (await shop.ask(node, {"id": payment["id"]}, eve))["node"] is None
    assert (await shop.ask(node, {"id": payment["id"]}, ada))["node"] == {"__typename": "Payment"}
    for query, variables in ((REFUND, {"input": {"paymentId": payment["id"], "idempotencyKey": "k"}}), (ALL, {})):
        answer = await shop.server.graphql(query, variables, eve.token)
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@ONE_MODE
async def test_what_comes_to_the_webhooks_address(shop: Shop) -> None:
    http, path, infra = shop.server.http, "/webhooks/payments/sandbox", shop.server.infra
    body = b'{"type": "charge.moved", "charge": {}}'
    signed = sign(webhook_secret(infra.settings), "evt_1", body, infra.now())
    for sent, to, headers, status, code in (
        (body, path, {}, 401, "UNSIGNED"),
        (body + b" ", path, signed, 401, "BAD_SIGNATURE"),
        (b"x" * (MOST_BYTES + 1), path, signed, 413, "PAYLOAD_TOO_LARGE"),
        (body, path, signed, 400, "UNREADABLE"),
        (body, "/webhooks/payments/gold", signed, 404, "UNKNOWN_PROVIDER"),
        (body, "/webhooks/payments/manual", signed, 404, "NO_WEBHOOKS"),
    ):
        answer = await http.post(to, content=sent, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code)
    assert (await http.get(path)).status_code == 405


@ONE_MODE
async def test_what_comes_to_the_sandboxs_page(shop: Shop) -> None:
    _, ada, order_id = await ordered(shop)
    payment = await do(shop, ada, PAY, orderId=order_id)
    for form in (
        {},
        {"decision": "steal"},
        {"decision": "approve", "delay": "61"},
        {"decision": "approve", "delay": "nan"},
        {"decision": "approve", "amount": "-1"},
        {"decision": "approve", "webhook": "often"},
    ):
        assert (await press(shop, payment, **form)).status_code == 400, form
    for path in ("/sandbox/payments/0", f"/sandbox/payments/{'0' * 32}"):
        assert (await shop.server.http.get(path)).status_code == 404
    page = await shop.server.http.get(payment["redirectUrl"])
    assert page.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    await press(shop, payment, decision="approve", amount="1.00")

    async def look() -> Any:
        return (await shop.ask(LOOK, {"id": order_id}, ada))["order"]

    seen = await until(look, lambda order: order["payments"][0]["status"] == "CAPTURED")
    assert (seen["status"], seen["payments"][0]["problem"]) == ("AWAITING_PAYMENT", "WRONG_AMOUNT")


@ONE_MODE
async def test_a_receipt_is_sent(shop: Shop) -> None:
    _, ada, order_id = await ordered(shop)
    await press(shop, await do(shop, ada, PAY, orderId=order_id), decision="approve")
    folder = shop.server.infra.settings.home / "mail"

    async def subjects() -> list[str]:
        return [path.read_text(errors="replace") for path in folder.glob("*.eml")] if folder.exists() else []

    await until(subjects, lambda found: any("Receipt for your order" in text for text in found))
