"""Staff make an order over HTTP; whoever has the link sees it and pays it, without a session."""

from typing import Any, Final
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
LIST: Final = """query ($filter: DraftOrderFilter, $first: Int, $after: String) {
  draftOrders(filter: $filter, first: $first, after: $after) {
    totalCount edges { node { id version } } pageInfo { hasNextPage endCursor } } }"""
DELETE: Final = f"""mutation ($input: DeleteDraftOrderInput!) {{ deleteDraftOrder(input: $input) {{
  __typename ... on DeletedDraftOrder {{ id }} ... on Error {{ code }} {_STALE} }} }}"""


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
    assert (await shop.ask(LIST, by=staff))["draftOrders"]["edges"] == [
        {"node": {"id": draft["id"], "version": 1}}
    ]
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
    of_bob = {"filter": {"placed": True, "email": "BOB@example.org"}}
    assert (await shop.ask(LIST, of_bob, staff))["draftOrders"]["totalCount"] == 1
    gone = {"draftId": draft["id"], "version": 3, "idempotencyKey": new_key()}
    refused = await shop.server.graphql(DELETE, {"input": gone}, ada.token)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for _ in range(2):
        assert (await shop.ask(DELETE, {"input": gone}, staff))["deleteDraftOrder"]["id"] == draft["id"]
    assert (await shop.ask(BY_LINK, {"token": token}))["orderByLink"] is None
    assert (await shop.ask(PAY, {"input": {**pay, "idempotencyKey": new_key()}}))["payOrderByLink"][
        "__typename"
    ] == "NotFound"


def _ids(listed: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in listed["edges"]]


@ONE_MODE
async def test_drafts_by_pages_and_filters(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    ids = []
    for who in ({"email": "x@example.org"}, {"customerId": ada.id}, {"customerId": ada.id}):
        lines = [{"variantId": offer.variant_id, "quantity": 1}]
        wish = {"currencyCode": "EUR", "lines": lines, "idempotencyKey": new_key(), **who}
        ids.append((await shop.ask(CREATE, {"input": wish}, staff))["createDraftOrder"]["id"])
    page = (await shop.ask(LIST, {"first": 2}, staff))["draftOrders"]
    assert _ids(page) == [ids[2], ids[1]]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    rest = (await shop.ask(LIST, {"first": 2, "after": page["pageInfo"]["endCursor"]}, staff))["draftOrders"]
    assert _ids(rest) == [ids[0]]
    for wanted, found in (
        ({"customerId": ada.id}, ids[:0:-1]),
        ({"email": "X@example.org"}, ids[:1]),
        ({"email": ada.email, "placed": None}, ids[:0:-1]),
        ({"placed": True}, []),
    ):
        listed = (await shop.ask(LIST, {"filter": wanted}, staff))["draftOrders"]
        assert (_ids(listed), listed["totalCount"]) == (found, len(found)), wanted
    for variables, named in (
        ({"filter": {"email": "x"}}, "filter.email"),
        ({"filter": {"customerId": offer.variant_id}}, "filter.customerId"),
        ({"after": "x"}, "after"),
        ({"first": 101}, "first"),
    ):
        refused = await shop.server.graphql(LIST, variables, staff.token)
        assert refused["errors"][0]["extensions"]["argument"] == named
