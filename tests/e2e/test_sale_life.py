"""Staff over a sale's life, by the public schema."""

from datetime import timedelta
from typing import Any

import pytest

from tests.e2e.shop import CHANGE, SCHEDULE, Person, Shop
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("worker")


async def act(shop: Shop, by: Person | None, name: str, sale_id: str, version: int | None = None) -> Any:
    query = f"""
    mutation Act($input: FlashSaleStateInput!) {{
      {name}FlashSale(input: $input) {{
        __typename
        ... on FlashSale {{ id status paused version settledAt cancelledAt }}
        ... on Error {{ code message }}
        ... on FlashSaleStateConflict {{ status }}
        ... on StaleVersion {{ currentVersion }}
        ... on InvalidInput {{ fields {{ path message }} }}
      }}
    }}
    """
    return await shop.server.graphql(
        query, {"input": {"id": sale_id, "version": version}}, by.token if by else None
    )


async def done(shop: Shop, by: Person, name: str, sale_id: str, version: int | None = None) -> Any:
    answer = await act(shop, by, name, sale_id, version)
    assert "errors" not in answer, answer
    return answer["data"][f"{name}FlashSale"]


async def test_staff_pause_resume_and_end_a_sale(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff, quantity=5, on_hand=10)
    kept = await shop.place(ada, offer.item_id, 2)
    sale = await done(shop, staff, "pause", offer.sale_id)
    assert (sale["status"], sale["paused"], sale["version"]) == ("PAUSED", True, 2)
    assert (await shop.place(ada, offer.item_id))["__typename"] == "FlashSaleNotRunning"
    assert await done(shop, staff, "pause", offer.sale_id, 1) == sale
    stale = await done(shop, staff, "end", offer.sale_id, 1)
    assert (stale["__typename"], stale["code"], stale["currentVersion"]) == ("StaleVersion", "STALE_VERSION", 2)
    sale = await done(shop, staff, "resume", offer.sale_id, 2)
    assert (sale["status"], sale["paused"], sale["version"]) == ("RUNNING", False, 3)
    last = await shop.place(ada, offer.item_id, 1)
    assert last["__typename"] == "Order"
    conflict = await done(shop, staff, "cancel", offer.sale_id)
    assert (conflict["code"], conflict["status"]) == ("FLASH_SALE_STATE_CONFLICT", "RUNNING")
    assert conflict["message"] == "A flash sale that is RUNNING cannot be cancelled."

    sale = await done(shop, staff, "end", offer.sale_id, 3)
    assert (sale["status"], sale["version"], sale["cancelledAt"]) == ("ENDED", 4, None)
    one = "query One($id: ID!) { flashSale(id: $id) { status settledAt items { remaining } } }"

    async def look() -> Any:
        return (await shop.ask(one, {"id": offer.sale_id}))["flashSale"]

    seen = await until(look, lambda sale: sale["settledAt"] is not None)
    assert (seen["status"], seen["items"]) == ("ENDED", [{"remaining": 0}])
    counts = {"remaining": 0, "available": 7, "held": 3, "onHand": 10, "setAside": 0}
    await shop.counts_become(offer, counts)
    for order in (kept, last):
        assert (await shop.order(ada, order["id"]))["status"] == "AWAITING_PAYMENT"
    figures = """
      query Figures($id: ID!) {
        flashSale(id: $id) { items { figures { awaitingPayment paid revenue { amount currencyCode } } } }
      }
    """
    sold = {"awaitingPayment": 3, "paid": 0, "revenue": {"amount": "0.00", "currencyCode": "EUR"}}
    for by, shown in ((staff, sold), (ada, None), (None, None)):
        seen = await shop.ask(figures, {"id": offer.sale_id}, by)
        assert seen == {"flashSale": {"items": [{"figures": shown}]}}
    # What is cancelled now goes to ordinary stock.
    assert (await shop.cancel(ada, kept["id"]))["status"] == "CANCELLED"
    assert await shop.counts(offer) == counts | {"available": 9, "held": 1}


async def test_staff_change_a_sale_until_it_starts(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff, quantity=1, on_hand=10)  # it has started, and its SKU is sold from twice
    now = shop.server.infra.now()
    later = {"startsAt": (now + timedelta(hours=1)).isoformat(), "endsAt": (now + timedelta(hours=2)).isoformat()}
    item = {"sku": offer.sku, "price": "9.90", "quantity": 5, "perCustomerLimit": 1}
    made = (await shop.ask(SCHEDULE, {"input": {"name": "Later", **later, "items": [item]}}, staff))[
        "scheduleFlashSale"
    ]

    async def change(by: Person, sale_id: str = made["id"], **fields: Any) -> Any:
        return (await shop.ask(CHANGE, {"input": {"id": sale_id, **fields}}, by))["changeFlashSale"]

    short = await change(staff, version=1, items=[{**item, "quantity": 10}])
    assert (short["code"], short["sku"], short["available"]) == ("OUT_OF_STOCK", offer.sku, 4)
    stale = await change(staff, version=2, name="Now")
    assert (stale["code"], stale["currentVersion"]) == ("STALE_VERSION", 1)
    for fields, path in (
        ({"name": " "}, ["name"]),
        ({"items": []}, ["items"]),
        ({"items": [item, item]}, ["items", "1", "sku"]),
        ({"items": [{**item, "quantity": 0}]}, ["items", "0", "quantity"]),
        ({"items": [{**item, "price": "1.999"}]}, ["items", "0", "price"]),
        ({"startsAt": later["endsAt"]}, ["endsAt"]),
    ):
        bad = await change(staff, version=1, **fields)
        assert [field["path"] for field in bad["fields"]] == [["input", *path]], bad
    changed = await change(
        staff,
        version=1,
        name="Now",
        startsAt=now.isoformat(),
        items=[{**item, "price": "8.5", "quantity": 2, "perCustomerLimit": 2}],
    )
    assert (changed["name"], changed["status"], changed["version"]) == ("Now", "RUNNING", 2)
    [shown] = changed["items"]
    stock = {"sku": offer.sku, "stock": {"available": 10, "setAside": 3}}
    assert shown == {
        "quantity": 2,
        "remaining": 2,
        "perCustomerLimit": 2,
        "price": {"amount": "8.50"},
        "variant": stock,
    }
    order = await shop.place(ada, made["items"][0]["id"], 2)
    assert (order["__typename"], order["total"]["amount"]) == ("Order", "17.00")
    fixed = await change(staff, version=2, startsAt=later["startsAt"], items=[item])
    assert [field["path"][1] for field in fixed["fields"]] == ["items", "startsAt"]
    longer = await change(staff, version=2, endsAt=(now + timedelta(hours=3)).isoformat())
    assert longer["version"] == 3
    await done(shop, staff, "end", made["id"])
    over = await change(staff, version=4, name="Over")
    assert (over["code"], over["status"]) == ("FLASH_SALE_STATE_CONFLICT", "ENDED")
    [error] = (await shop.server.graphql(CHANGE, {"input": {"id": made["id"], "version": 4}}, ada.token))["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


@ONE_MODE
async def test_only_staff_and_only_sales_that_are_there(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    for name in ("pause", "resume", "end", "cancel"):
        for by, code in ((None, "UNAUTHENTICATED"), (ada, "FORBIDDEN")):
            [error] = (await act(shop, by, name, offer.sale_id))["errors"]
            assert error["extensions"]["code"] == code
        bad = await done(shop, staff, name, offer.item_id)
        assert bad["fields"] == [{"path": ["input", "id"], "message": "is not the id of a FlashSale"}]
        gone = await done(shop, staff, name, "Rmxhc2hTYWxlOjAxYTIxMGI4NTM1OTc3YmRhNjVmZmFjZjBhMjJlZDdj")
        assert gone["code"] == "NOT_FOUND"
    assert (await shop.place(ada, offer.item_id))["__typename"] == "Order"
