"""Staff change stock; what they ask with a key is done once; what is sent wrongly changes nothing."""

import asyncio
from typing import Any, Final
from uuid import uuid4

import pytest

from infra.ids import new_id
from models import DEFAULT_WAREHOUSE
from resolvers.shared.node import encode_id
from services.stock.reconcile import reconcile
from tests.e2e.hostile import assert_clean
from tests.e2e.shop import CREATE, Person, Shop, new_key
from tests.factories import stock_of
from tests.server import Server

ERRORS: Final = """
__typename
... on Error { code message }
... on OutOfStock { sku available }
... on InvalidInput { fields { path message } }
"""
ADJUST: Final = f"""
mutation ($input: AdjustStockInput!) {{
  adjustStock(input: $input) {{ {ERRORS} ... on Variant {{ sku stock {{ available onHand held }} }} }}
}}
"""


@pytest.fixture
async def shop(server: Server) -> Shop:
    return Shop(server)


@pytest.fixture
async def staff(shop: Shop) -> Person:
    return await shop.staff()


@pytest.fixture
async def sku(shop: Shop, staff: Person) -> str:
    """10 on hand in the default warehouse."""
    sku = f"SKU-{uuid4().hex[:10]}"
    variant = {"sku": sku, "price": "50.00", "currencyCode": "EUR", "quantity": 10}
    await shop.ask(CREATE, {"input": {"title": f"Shirt {sku}", "variants": [variant]}}, staff)
    return sku


async def adjust(shop: Shop, by: Person, sku: str, delta: int, key: str | None = None, **more: Any) -> Any:
    wish = {"sku": sku, "delta": delta, "reason": "found in a corner", "idempotencyKey": key or new_key(), **more}
    return (await shop.ask(ADJUST, {"input": wish}, by))["adjustStock"]


def shown(sku: str, available: int) -> Any:
    stock = {"available": available, "onHand": available, "held": 0}
    return {"__typename": "Variant", "sku": sku, "stock": stock}


async def test_adjusting_is_done_once_a_key_and_shown_at_once(shop: Shop, staff: Person, sku: str) -> None:
    key = new_key()
    assert await adjust(shop, staff, sku, -3, key) == shown(sku, 7)
    assert await adjust(shop, staff, sku, 5) == shown(sku, 12)
    # The first answer again, with the stock as it is by now.
    assert await adjust(shop, staff, sku, -3, key) == shown(sku, 12)
    conflict = await adjust(shop, staff, sku, -4, key)
    assert conflict["__typename"] == "IdempotencyConflict"
    # Keys are a person's own.
    assert await adjust(shop, await shop.staff(), sku, -4, key) == shown(sku, 8)
    short = await adjust(shop, staff, sku, -9)
    assert (short["code"], short["sku"], short["available"]) == ("OUT_OF_STOCK", sku, 8)
    both = await asyncio.gather(*(adjust(shop, staff, sku, -1, "the same") for _ in range(4)))
    assert {answer["__typename"] for answer in both} <= {"Variant", "TryAgain"}
    assert await adjust(shop, staff, sku, -1, "the same") == shown(sku, 7)
    assert (await reconcile(shop.server.infra, sku=sku)).differences == []


WRONG: Final[list[tuple[dict[str, Any], str | None]]] = [
    ({"delta": 0}, "delta"),
    ({"delta": 10**9 + 1}, "delta"),
    ({"delta": -(2**31)}, "delta"),
    ({"delta": 10**9}, "delta"),
    ({"reason": " "}, "reason"),
    ({"reason": "x" * 201}, "reason"),
    ({"reason": "a\0b"}, "reason"),
    ({"idempotencyKey": ""}, "idempotencyKey"),
    ({"idempotencyKey": "k" * 129}, "idempotencyKey"),
    ({"warehouseId": "no-id"}, "warehouseId"),
    ({"warehouseId": encode_id("Variant", DEFAULT_WAREHOUSE)}, "warehouseId"),
    ({"warehouseId": encode_id("Warehouse", new_id())}, "NotFound"),
    ({"sku": "no-such-sku"}, "NotFound"),
    ({"sku": "a\0b"}, "NotFound"),
    ({"sku": "{" * 5000}, "NotFound"),
    ({"delta": 2**63}, None),
    ({"delta": 2**31}, None),
    ({"delta": 1.5}, None),
    ({"delta": "1"}, None),
    ({"reason": None}, None),
]


async def test_wrong_input_changes_nothing(shop: Shop, staff: Person, sku: str) -> None:
    for wrong, expected in WRONG:
        wish = {"sku": sku, "delta": 1, "reason": "found", "idempotencyKey": new_key(), **wrong}
        assert await refusal(shop, staff, ADJUST, wish) == expected, wrong
    assert (await stock_of(shop.server.infra, sku))["on_hand"] == 10


async def refusal(shop: Shop, by: Person, query: str, wish: dict[str, Any]) -> str | None:
    """The field at fault or the type of the answer; None when GraphQL itself refuses."""
    reply = await shop.server.http.post(
        "/graphql",
        json={"query": query, "variables": {"input": wish}},
        headers={"authorization": f"Bearer {by.token}"},
    )
    assert_clean(reply)
    if "errors" in reply.json():
        return None
    (answer,) = reply.json()["data"].values()
    if answer["__typename"] == "InvalidInput":
        assert answer["fields"][0]["path"][0] == "input"
        return ".".join(answer["fields"][0]["path"][1:])
    return str(answer["__typename"])


async def test_only_staff_change_stock(shop: Shop, sku: str) -> None:
    wish = {"sku": sku, "delta": 1, "reason": "mine", "idempotencyKey": new_key()}
    ada = await shop.customer()
    for token, code in ((None, "UNAUTHENTICATED"), (ada.token, "FORBIDDEN")):
        answer = await shop.server.graphql(ADJUST, {"input": wish}, token)
        assert answer["errors"][0]["extensions"]["code"] == code
    assert (await stock_of(shop.server.infra, sku))["on_hand"] == 10
