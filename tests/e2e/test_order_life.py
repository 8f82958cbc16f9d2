"""Staff ship, complete and note orders over HTTP; customers see what is theirs to see, and may do none of it."""

from typing import Any, Final

import pytest

from resolvers.shared.node import decode_id
from services.order.mark_paid import mark_paid
from tests.e2e.shop import Person, Shop, new_key
from tests.modes import ONE_MODE

pytestmark = pytest.mark.usefixtures("worker")

_ORDER: Final = """
id status lines { id quantity shippedQuantity cancelledQuantity } history { status note actorRole actor internal }
shipments { carrier trackingNumber lines { quantity line { id } } }
"""
_ERRORS: Final = "... on Error { code } ... on InvalidInput { fields { path } }"
_ROW_ERRORS: Final = "code ... on InvalidInput { fields { path } }"
_SHOWN: Final = f"__typename ... on Order {{ {_ORDER} }} {_ERRORS}"
_MOVED: Final = f"{_SHOWN} ... on InvalidTransition {{ from to }}"
SHIP: Final = f"mutation ($input: CreateShipmentInput!) {{ createShipment(input: $input) {{ {_MOVED} }} }}"
SHIP_MANY: Final = f"""
mutation ($input: CreateShipmentsInput!) {{
  createShipments(input: $input) {{
    ... on Shipments {{ shipped rejected rows {{ order {{ {_ORDER} }} error {{ {_ROW_ERRORS} }} }} }}
    ... on InvalidInput {{ fields {{ path }} }}
  }}
}}
"""
COMPLETE: Final = f"mutation ($input: CompleteOrderInput!) {{ completeOrder(input: $input) {{ {_MOVED} }} }}"
NOTE: Final = f"mutation ($input: AddOrderNoteInput!) {{ addOrderNote(input: $input) {{ {_SHOWN} }} }}"
TAKE_OFF: Final = f"mutation ($input: CancelOrderLinesInput!) {{ cancelOrderLines(input: $input) {{ {_MOVED} }} }}"
GIVE_BACK: Final = (
    f"mutation ($input: RefundOrderLinesInput!) {{ refundOrderLines(input: $input) {{ {_MOVED} }} }}"
)
_MONEY: Final = "{ amount currencyCode }"
CHANGE: Final = f"""mutation ($input: ChangeOrderInput!) {{ changeOrder(input: $input) {{
  ... on OrderChangeSuccess {{
    totalBefore {_MONEY} total {_MONEY} difference {_MONEY}
    order {{ version lines {{ quantity }} history {{ totalBefore {_MONEY} totalAfter {_MONEY} }} }}
  }}
  ... on StaleVersion {{ currentVersion }} {_ERRORS}
}} }}"""
LOOK: Final = f"query ($id: ID!) {{ order(id: $id) {{ {_ORDER} }} }}"


async def do(shop: Shop, by: Person, query: str, **wish: Any) -> Any:
    wish.setdefault("idempotencyKey", new_key())
    (answer,) = (await shop.ask(query, {"input": wish}, by)).values()
    return answer


async def paid(shop: Shop, by: Person, item_id: str, quantity: int) -> Any:
    infra = shop.server.infra
    order_id = (await shop.place(by, item_id, quantity))["id"]
    await shop.order_becomes(by, order_id, "AWAITING_PAYMENT")
    key = decode_id(order_id, "Order")
    await infra.database.transact(lambda session: mark_paid(session, [key], "payments", infra.now()))
    return await shop.order_becomes(by, order_id, "PAID")


async def test_an_order_is_shipped_in_parts_and_completed(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    order = await paid(shop, ada, offer.item_id, 3)
    line = order["lines"][0]["id"]
    part = {"orderId": order["id"], "carrier": "Post", "trackingNumber": "RR1", "idempotencyKey": "one"}
    part["lines"] = [{"lineId": line, "quantity": 2}]
    shipped = await do(shop, staff, SHIP, **part)
    units = {"id": line, "quantity": 3, "shippedQuantity": 2, "cancelledQuantity": 0}
    assert (shipped["status"], shipped["lines"]) == ("PAID", [units])
    assert shipped["shipments"] == [
        {"carrier": "Post", "trackingNumber": "RR1", "lines": [{"quantity": 2, "line": {"id": line}}]}
    ]
    assert await do(shop, staff, SHIP, **part) == shipped
    conflict = await do(shop, staff, SHIP, **{**part, "carrier": "Other"})
    assert conflict == {"__typename": "IdempotencyConflict", "code": "IDEMPOTENCY_CONFLICT"}
    too_many = await do(shop, staff, SHIP, **{**part, "idempotencyKey": "two"})
    assert [field["path"] for field in too_many["fields"]] == [["input", "lines", "0", "quantity"]]
    rest = await do(shop, staff, SHIP, orderId=order["id"], carrier="Post")
    assert (rest["status"], len(rest["shipments"])) == ("SHIPPED", 2)
    refused = await shop.cancel(ada, order["id"])
    assert (refused["__typename"], refused["from"], refused["to"]) == ("InvalidTransition", "SHIPPED", "CANCELLED")
    done = await do(shop, staff, COMPLETE, orderId=order["id"])
    assert done["status"] == "COMPLETED"
    assert done["history"][-1] == {
        "status": "COMPLETED",
        "note": None,
        "actorRole": "STAFF",
        "actor": staff.id,
        "internal": False,
    }
    again = await do(shop, staff, SHIP, orderId=order["id"], carrier="Post")
    assert (again["__typename"], again["from"]) == ("InvalidTransition", "COMPLETED")
    counts = await shop.counts(offer)
    assert (counts["onHand"], counts["held"], counts["remaining"]) == (7, 0, 2)


async def test_many_orders_are_shipped_at_once_and_one_at_fault_stops_no_other(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    offer = await shop.offer(staff)
    first, second = await paid(shop, ada, offer.item_id, 1), await paid(shop, eve, offer.item_id, 1)
    parcels = [
        {"orderId": first["id"], "carrier": "Post", "trackingNumber": "RR1", "idempotencyKey": "one"},
        {"orderId": first["id"], "carrier": "Post", "trackingNumber": "RR2", "idempotencyKey": "two"},
        {"orderId": "nonsense", "carrier": "Post", "idempotencyKey": "three"},
        {"orderId": second["id"], "carrier": " ", "idempotencyKey": "four"},
        {"orderId": second["id"], "carrier": "Post", "trackingNumber": "RR3", "idempotencyKey": "five"},
    ]
    for _ in range(2):  # the second time each gets the answer of the first
        answer = (await shop.ask(SHIP_MANY, {"input": {"shipments": parcels}}, staff))["createShipments"]
        assert (answer["shipped"], answer["rejected"]) == (2, 3)
        orders = [row["order"] and row["order"]["shipments"][0]["trackingNumber"] for row in answer["rows"]]
        assert orders == ["RR1", None, None, None, "RR3"]
        errors = [row["error"] and row["error"]["code"] for row in answer["rows"]]
        assert errors == [None, "INVALID_TRANSITION", "INVALID_INPUT", "INVALID_INPUT", None]
        paths = [answer["rows"][place]["error"]["fields"][0]["path"] for place in (2, 3)]
        assert paths == [["input", "shipments", "2", "orderId"], ["input", "shipments", "3", "carrier"]]
    none = (await shop.ask(SHIP_MANY, {"input": {"shipments": []}}, staff))["createShipments"]
    assert none["fields"] == [{"path": ["input", "shipments"]}]


@ONE_MODE
async def test_a_customer_cancels_units_and_staff_refund_those_that_were_sent(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer()
    order = await paid(shop, ada, (await shop.offer(staff)).item_id, 3)
    wish = {"orderId": order["id"], "lines": [{"lineId": order["lines"][0]["id"], "quantity": 1}]}
    assert (await do(shop, eve, TAKE_OFF, **wish))["code"] == "NOT_FOUND"
    some = await do(shop, ada, TAKE_OFF, **wish)
    assert (some["status"], some["lines"][0]["cancelledQuantity"]) == ("PAID", 1)
    event = some["history"][-1]
    assert (event["note"][:10], event["actorRole"], event["internal"]) == ("Cancelled:", "CUSTOMER", False)
    for query, by, path in ((TAKE_OFF, ada, "quantity"), (GIVE_BACK, staff, "quantity")):
        wish["lines"] = [{**wish["lines"][0], "quantity": 3}]
        refused = await do(shop, by, query, **wish)
        assert [field["path"] for field in refused["fields"]] == [["input", "lines", "0", path]]


@ONE_MODE
async def test_staff_change_an_order_that_is_not_paid(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    placed = await shop.place(ada, (await shop.offer(staff)).item_id, 3)
    order = await shop.order_becomes(ada, placed["id"], "AWAITING_PAYMENT")
    line = (await shop.ask(LOOK, {"id": order["id"]}, ada))["order"]["lines"][0]["id"]
    wish = {"orderId": order["id"], "version": 1, "lines": [{"lineId": line, "quantity": 2}]}
    changed = await do(shop, staff, CHANGE, **wish)
    assert (changed["order"]["version"], changed["order"]["lines"][0]["quantity"]) == (2, 2)
    before, after = (float(changed[name]["amount"]) for name in ("totalBefore", "total"))
    assert (after, float(changed["difference"]["amount"])) == pytest.approx((before * 2 / 3, after - before))
    event = changed["order"]["history"][-1]
    assert (event["totalBefore"], event["totalAfter"]) == (changed["totalBefore"], changed["total"])
    assert (await do(shop, staff, CHANGE, **wish))["currentVersion"] == 2
    here = {"recipient": "", "phone": "1", "line1": "S", "countryCode": "XX"}
    refused = await do(shop, staff, CHANGE, orderId=order["id"], version=2, address=here)
    assert ["input", "address", "countryCode"] in [field["path"] for field in refused["fields"]]


@ONE_MODE
async def test_notes_are_for_staff_or_for_all(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    order = await paid(shop, ada, offer.item_id, 1)
    await do(shop, staff, NOTE, orderId=order["id"], text="Fraud?")
    seen = await do(shop, staff, NOTE, orderId=order["id"], text="Thank you.", visibleToCustomer=True)
    assert [event["note"] for event in seen["history"][-2:]] == ["Fraud?", "Thank you."]
    mine = (await shop.ask(LOOK, {"id": order["id"]}, ada))["order"]["history"]
    assert [(event["note"], event["actorRole"], event["actor"]) for event in mine] == [
        (None, "CUSTOMER", None),
        (None, "SYSTEM", None),
        (None, "SYSTEM", None),
        ("Thank you.", "STAFF", None),
    ]


@ONE_MODE
async def test_customers_do_none_of_it_but_cancel_what_is_not_shipped(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    offer = await shop.offer(staff)
    order = await paid(shop, ada, offer.item_id, 2)
    wish = {"orderId": order["id"], "idempotencyKey": new_key()}
    for query, more in ((SHIP, {"carrier": "Post"}), (COMPLETE, {}), (NOTE, {"text": "x"})):
        for by in (ada, eve):
            answer = await shop.server.graphql(query, {"input": wish | more}, by.token)
            assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await shop.cancel(eve, order["id"]))["__typename"] == "NotFound"
    assert (await shop.order(ada, order["id"]))["status"] == "PAID"
    assert (await shop.cancel(ada, order["id"]))["status"] == "CANCELLED"
    counts = await shop.counts(offer)
    assert (counts["onHand"], counts["available"], counts["held"], counts["remaining"]) == (10, 10, 0, 5)


@ONE_MODE
async def test_wrong_input_is_named(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    order = await paid(shop, ada, offer.item_id, 1)
    line = order["lines"][0]["id"]
    right = {"orderId": order["id"], "carrier": "Post"}
    for wrong, path in (
        ({"orderId": line}, ["orderId"]),
        ({"carrier": " "}, ["carrier"]),
        ({"carrier": "x\0"}, ["carrier"]),
        ({"trackingNumber": "x" * 101}, ["trackingNumber"]),
        ({"idempotencyKey": ""}, ["idempotencyKey"]),
        ({"lines": []}, ["lines"]),
        ({"lines": [{"lineId": line, "quantity": 1}] * 2}, ["lines"]),
        ({"lines": [{"lineId": line, "quantity": 0}]}, ["lines", "0", "quantity"]),
        ({"lines": [{"lineId": order["id"], "quantity": 1}]}, ["lines", "0", "lineId"]),
    ):
        answer = await do(shop, staff, SHIP, **{**right, **wrong})
        assert [field["path"] for field in answer["fields"]] == [["input", *path]], wrong
    assert (await shop.order(ada, order["id"]))["status"] == "PAID"


ORDERS: Final = """
query ($filter: OrderFilter, $first: Int, $after: String) { orders(filter: $filter, first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } edges { node { id status customer { id } } }
} }
"""


async def test_staff_list_orders_and_nobody_else(shop: Shop) -> None:
    staff, ada, eve = await shop.staff(), await shop.customer(), await shop.customer("Eve")
    offer = await shop.offer(staff)
    mine = await paid(shop, ada, offer.item_id, 1)
    hers = await paid(shop, eve, offer.item_id, 1)

    async def listed(**given: Any) -> Any:
        return (await shop.ask(ORDERS, given, staff))["orders"]

    page = await listed(first=1)
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    assert page["edges"] == [{"node": {"id": hers["id"], "status": "PAID", "customer": {"id": eve.id}}}]
    rest = await listed(after=page["pageInfo"]["endCursor"])
    assert [edge["node"]["id"] for edge in rest["edges"]] == [mine["id"]]
    of_ada = await listed(filter={"customerId": ada.id, "status": ["PAID"]})
    assert [edge["node"]["id"] for edge in of_ada["edges"]] == [mine["id"]]
    assert (await listed(filter={"status": ["SHIPPED"]}))["totalCount"] == 0
    for by in (ada, None):
        answer = await shop.server.graphql(ORDERS, {}, by.token if by else None)
        assert answer["data"] is None
    for wrong, argument in (
        ({"customerId": hers["id"]}, "filter.customerId"),
        ({"sku": "x" * 65}, "filter.sku"),
        ({"number": "\0"}, "filter.number"),
    ):
        [error] = (await shop.server.graphql(ORDERS, {"filter": wrong}, staff.token))["errors"]
        assert (error["extensions"]["code"], error["extensions"]["argument"]) == ("BAD_USER_INPUT", argument)
    cursor_of_another = (await shop.ask("{ me { orders { pageInfo { endCursor } } } }", {}, ada))["me"]["orders"]
    wrong_cursor = {"after": cursor_of_another["pageInfo"]["endCursor"]}
    [error] = (await shop.server.graphql(ORDERS, wrong_cursor, staff.token))["errors"]
    assert error["extensions"]["argument"] == "after"
