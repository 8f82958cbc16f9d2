"""Staff make an order over HTTP; whoever has the link sees it and pays it, without a session."""

from typing import Final
from urllib.parse import urlsplit

from tests.e2e.shop import Shop, new_key
from tests.e2e.test_guests import BY_LINK, PAY
from tests.modes import ONE_MODE

_DRAFT: Final = """__typename ... on DraftOrder { id version total { amount } note
  lines { quantity unitPrice { amount } listPrice { amount } reason } customer { email } order { id } }
  ... on Error { code } ... on InvalidInput { fields { path } }"""
_STALE: Final = "... on StaleVersion { currentVersion }"
CREATE: Final = f"mutation ($input: CreateDraftOrderInput!) {{ createDraftOrder(input: $input) {{ {_DRAFT} }} }}"
CHANGE: Final = (
    f"mutation ($input: ChangeDraftOrderInput!) {{ changeDraftOrder(input: $input) {{ {_DRAFT} {_STALE} }} }}"
)
PLACE: Final = """mutation ($input: PlaceDraftOrderInput!) { placeDraftOrder(input: $input) {
  __typename ... on PlaceDraftOrderSuccess { paymentLink order { id status total { amount } } }
  ... on Error { code } ... on InvalidInput { fields { path } } } }"""
LIST: Final = "{ draftOrders { id version } }"


@ONE_MODE
async def test_staff_make_an_order_and_its_customer_pays_by_the_link(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    line = {"variantId": offer.variant_id, "quantity": 2, "unitPrice": "12.50", "reason": "Showroom piece"}
    wish = {"currencyCode": "EUR", "email": "bob@example.org", "lines": [line], "idempotencyKey": new_key()}
    refused = await shop.server.graphql(CREATE, {"input": wish}, ada.token)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    bad = {**wish, "lines": [{**line, "reason": None}]}
    told = (await shop.ask(CREATE, {"input": bad}, staff))["createDraftOrder"]
    assert [field["path"] for field in told["fields"]] == [["input", "lines", "0", "reason"]]
    draft = (await shop.ask(CREATE, {"input": wish}, staff))["createDraftOrder"]
    assert (draft["total"], draft["customer"]["email"], draft["order"]) == (
        {"amount": "25.00"},
        "bob@example.org",
        None,
    )
    [shown] = draft["lines"]
    assert (shown["listPrice"], shown["reason"]) == ({"amount": "50.00"}, "Showroom piece")
    assert await shop.ask(LIST, by=staff) == {"draftOrders": [{"id": draft["id"], "version": 1}]}
    change = {**wish, "draftId": draft["id"], "version": 1, "note": "As agreed", "idempotencyKey": new_key()}
    assert (await shop.ask(CHANGE, {"input": change}, staff))["changeDraftOrder"]["version"] == 2
    change["idempotencyKey"] = new_key()
    assert (await shop.ask(CHANGE, {"input": change}, staff))["changeDraftOrder"]["currentVersion"] == 2
    place = {"draftId": draft["id"], "version": 2, "idempotencyKey": new_key()}
    placed = (await shop.ask(PLACE, {"input": place}, staff))["placeDraftOrder"]
    assert placed["order"]["status"] == "AWAITING_PAYMENT"
    token = urlsplit(placed["paymentLink"]).fragment.removeprefix("token=")
    seen = (await shop.ask(BY_LINK, {"token": token}))["orderByLink"]
    assert seen["id"] == placed["order"]["id"]
    pay = {"token": token, "idempotencyKey": new_key()}
    payment = (await shop.ask(PAY, {"input": pay}))["payOrderByLink"]
    assert payment["__typename"] == "Payment"
