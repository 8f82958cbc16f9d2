"""Whose is it? What another has does not exist; what staff do, customers may not."""

from typing import Any
from uuid import UUID

import pytest

from resolvers.shared.node import encode_id
from tests.e2e.shop import CANCEL, CREATE, PLACE, SCHEDULE, Person, Shop, new_key
from tests.modes import ONE_MODE

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

LOOK = "query Look($id: ID!) { node(id: $id) { id } order(id: $id) { id } nodes(ids: [$id]) { id } }"
NOT_THERE = {"node": None, "order": None, "nodes": [None]}
NO_SUCH_ORDER = {"__typename": "NotFound", "code": "NOT_FOUND", "message": "There is no such order."}
NEVER_MADE = encode_id("Order", UUID(int=1))
MINE = "{ me { orders { totalCount edges { node { id } } } } }"


async def refused(shop: Shop, query: str, given: dict[str, Any], by: Person | None) -> tuple[str, list[str]]:
    """The one error's code and path; there is no data."""
    answer = await shop.server.graphql(query, {"input": given}, by.token if by else None)
    assert answer["data"] is None
    [error] = answer["errors"]
    return error["extensions"]["code"], error["path"]


async def test_anothers_order_does_not_exist(shop: Shop) -> None:
    ada, eve = await shop.customer("Ada"), await shop.customer("Eve")
    offer = await shop.offer(await shop.staff())
    order_id = (await shop.place(ada, offer.item_id, 2))["id"]
    there = {"node": {"id": order_id}, "order": {"id": order_id}, "nodes": [{"id": order_id}]}
    for persisted in (False, True):
        if persisted:
            await shop.order_becomes(ada, order_id, "AWAITING_PAYMENT")
        assert await shop.ask(LOOK, {"id": order_id}, ada) == there
        assert await shop.ask(LOOK, {"id": order_id}, eve) == NOT_THERE
        assert await shop.ask(LOOK, {"id": order_id}) == NOT_THERE
        assert await shop.cancel(eve, order_id) == NO_SUCH_ORDER
    # It looks the same as one that never was.
    assert await shop.ask(LOOK, {"id": NEVER_MADE}, eve) == NOT_THERE
    assert await shop.cancel(eve, NEVER_MADE) == NO_SUCH_ORDER
    assert (await shop.ask(MINE, by=eve))["me"]["orders"] == {"totalCount": 0, "edges": []}
    assert (await shop.order(ada, order_id))["status"] == "AWAITING_PAYMENT"
    assert (await shop.counts(offer))["held"] == 2


async def test_anothers_key_finds_nothing(shop: Shop) -> None:
    ada, eve = await shop.customer("Ada"), await shop.customer("Eve")
    offer = await shop.offer(await shop.staff())
    key = new_key()
    hers = await shop.place(ada, offer.item_id, 1, key)
    other = await shop.place(eve, offer.item_id, 1, key)
    assert (other["__typename"], other["customer"]["id"]) == ("Order", eve.id)
    assert other["id"] != hers["id"]
    await shop.order_becomes(ada, hers["id"], "AWAITING_PAYMENT")
    assert (await shop.cancel(ada, hers["id"], key))["status"] == "CANCELLED"
    assert await shop.cancel(eve, hers["id"], key) == NO_SUCH_ORDER
    await shop.order_becomes(eve, other["id"], "AWAITING_PAYMENT")


async def test_nobody_in_particular_orders_and_cancels_nothing(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    order_id = (await shop.place(ada, offer.item_id))["id"]
    await shop.order_becomes(ada, order_id, "AWAITING_PAYMENT")
    place = {"itemId": offer.item_id, "quantity": 1, "idempotencyKey": new_key()}
    assert await refused(shop, PLACE, place, None) == ("UNAUTHENTICATED", ["placeFlashOrder"])
    cancel = {"orderId": order_id, "idempotencyKey": new_key()}
    assert await refused(shop, CANCEL, cancel, None) == ("UNAUTHENTICATED", ["cancelOrder"])
    assert await shop.ask(MINE) == {"me": None}
    counts = await shop.counts(offer)
    assert (counts["held"], counts["remaining"]) == (1, 4)


async def test_staff_see_and_cancel_what_is_persisted(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    order_id = (await shop.place(ada, offer.item_id, 2))["id"]
    mine = await shop.order_becomes(ada, order_id, "AWAITING_PAYMENT")
    assert await shop.order(staff, order_id) == mine
    assert (await shop.ask(MINE, by=staff))["me"]["orders"]["totalCount"] == 0
    cancelled = await shop.cancel(staff, order_id, reason="Asked for by telephone.")
    assert (cancelled["status"], cancelled["customer"]["id"]) == ("CANCELLED", ada.id)
    assert cancelled["history"][-1]["note"] == "Asked for by telephone."
    assert {"__typename": "Order", **await shop.order(ada, order_id)} == cancelled
    counts = await shop.counts(offer)
    assert (counts["held"], counts["remaining"], counts["available"]) == (0, 5, 10)


async def test_only_staff_change_the_catalog_and_the_sales(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff, quantity=5, on_hand=10)
    variant = {"sku": "CAP", "price": "1.00", "currencyCode": "EUR", "quantity": 1}
    item = {"sku": offer.sku, "price": "1.00", "quantity": 5, "perCustomerLimit": 1}
    window = {"startsAt": "2030-01-01T00:00:00Z", "endsAt": "2030-01-02T00:00:00Z"}
    for query, name, given in (
        (CREATE, "createProduct", {"title": "Cap", "variants": [variant]}),
        (SCHEDULE, "scheduleFlashSale", {"name": "Mine", **window, "items": [item]}),
    ):
        assert await refused(shop, query, given, None) == ("UNAUTHENTICATED", [name])
        assert await refused(shop, query, given, ada) == ("FORBIDDEN", [name])
    there = await shop.ask("{ products { totalCount } flashSales { edges { node { id } } } }")
    assert there == {"products": {"totalCount": 1}, "flashSales": {"edges": [{"node": {"id": offer.sale_id}}]}}
    counts = await shop.counts(offer)
    assert (counts["setAside"], counts["available"], counts["onHand"]) == (5, 10, 10)
