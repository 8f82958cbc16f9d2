"""``me.orders`` as a connection, and every type behind ``node`` and ``nodes``."""

from typing import Any

import pytest

from resolvers.shared.node import split_id
from tests.e2e.shop import Offer, Person, Shop
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")

ORDERS = """
query Mine($first: Int, $after: String, $last: Int, $before: String, $status: [OrderStatus!]) {
  me {
    orders(first: $first, after: $after, last: $last, before: $before, status: $status) {
      totalCount
      edges { cursor node { id } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def page(shop: Shop, by: Person, **arguments: Any) -> Any:
    return (await shop.ask(ORDERS, arguments, by))["me"]["orders"]


def ids(connection: Any) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


def ways_on(connection: Any) -> tuple[bool, bool]:
    """Whether there is a page before and one after."""
    return connection["pageInfo"]["hasPreviousPage"], connection["pageInfo"]["hasNextPage"]


async def five_orders(shop: Shop, by: Person, offer: Offer) -> list[str]:
    """Newest first; all of them in the database."""
    made = [(await shop.place(by, offer.item_id))["id"] for _ in range(5)]
    await until(lambda: page(shop, by, status=["AWAITING_PAYMENT"]), lambda seen: seen["totalCount"] == 5)
    return made[::-1]


async def test_pages_forward_and_backward(shop: Shop) -> None:
    ada, bob, offer = await shop.customer(), await shop.customer("Bob"), await shop.offer(await shop.staff())
    mine = await five_orders(shop, ada, offer)

    first = await page(shop, ada, first=2)
    assert (ids(first), first["totalCount"], ways_on(first)) == (mine[:2], 5, (False, True))
    cursors = [edge["cursor"] for edge in first["edges"]]
    assert [first["pageInfo"]["startCursor"], first["pageInfo"]["endCursor"]] == cursors
    second = await page(shop, ada, first=2, after=cursors[-1])
    assert (ids(second), second["totalCount"], ways_on(second)) == (mine[2:4], 5, (True, True))
    third = await page(shop, ada, first=2, after=second["pageInfo"]["endCursor"])
    assert (ids(third), ways_on(third)) == (mine[4:], (True, False))
    beyond = await page(shop, ada, first=2, after=third["pageInfo"]["endCursor"])
    assert (ids(beyond), beyond["pageInfo"]["startCursor"], beyond["pageInfo"]["endCursor"]) == ([], None, None)

    last = await page(shop, ada, last=2)
    assert (ids(last), ways_on(last)) == (mine[3:], (True, False))
    earlier = await page(shop, ada, last=2, before=last["pageInfo"]["startCursor"])
    assert (ids(earlier), ways_on(earlier)) == (mine[1:3], (True, True))
    top = await page(shop, ada, last=2, before=earlier["pageInfo"]["startCursor"])
    assert (ids(top), ways_on(top)) == (mine[:1], (False, True))
    between = await page(shop, ada, after=cursors[0], before=last["pageInfo"]["startCursor"])
    assert ids(between) == mine[1:3]
    assert ids(await page(shop, ada, first=0)) == []
    # A cursor is a place in the order of ids: it shows nobody the orders of another.
    assert ids(await page(shop, bob, first=5, after=cursors[0])) == []


async def test_a_filter_by_status_counts_what_it_shows(shop: Shop) -> None:
    ada, offer = await shop.customer(), await shop.offer(await shop.staff())
    mine = await five_orders(shop, ada, offer)
    for order_id in (mine[0], mine[2]):
        assert (await shop.cancel(ada, order_id))["status"] == "CANCELLED"
    cancelled = await page(shop, ada, status=["CANCELLED"])
    assert (ids(cancelled), cancelled["totalCount"]) == ([mine[0], mine[2]], 2)
    one = await page(shop, ada, status=["CANCELLED"], first=1)
    assert (ids(one), one["totalCount"], ways_on(one)) == ([mine[0]], 2, (False, True))
    waiting = await page(shop, ada, status=["AWAITING_PAYMENT"], last=2)
    assert (ids(waiting), waiting["totalCount"], ways_on(waiting)) == ([mine[3], mine[4]], 3, (True, False))
    both = await page(shop, ada, status=["CANCELLED", "AWAITING_PAYMENT"])
    assert (ids(both), both["totalCount"]) == (mine, 5)
    for status in (["PAID"], ["ACCEPTED"], []):
        nothing = await page(shop, ada, status=status)
        assert (ids(nothing), nothing["totalCount"]) == ([], 0)


@ONE_MODE
async def test_every_type_is_a_node(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    placed = await shop.place(ada, offer.item_id)
    nodes = {
        "User": ada.id,
        "Product": offer.product_id,
        "Variant": offer.variant_id,
        "FlashSale": offer.sale_id,
        "FlashSaleItem": offer.item_id,
        "Order": placed["id"],
    }
    assert {name: split_id(gid)[0] for name, gid in nodes.items()} == {name: name for name in nodes}
    wanted = [*nodes.values(), ada.id, offer.product_id]
    many = await shop.ask("query Many($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", {"ids": wanted}, ada)
    assert many["nodes"] == [{"__typename": split_id(gid)[0], "id": gid} for gid in wanted]
    for name, gid in nodes.items():
        one = await shop.ask("query One($id: ID!) { node(id: $id) { __typename id } }", {"id": gid}, ada)
        assert one == {"node": {"__typename": name, "id": gid}}
