"""What staff do with stock, as their front end would send it."""

from typing import Any, Final

from tests.e2e.hostile import assert_clean
from tests.e2e.shop import Person, Shop, new_key

ERRORS: Final = """
__typename
... on Error { code message }
... on InvalidInput { fields { path message } }
"""
SHOWN: Final = "... on Variant { sku stock { available onHand held } }"
SHORT: Final = "... on OutOfStock { sku available }"
ADJUST: Final = (
    f"mutation ($input: AdjustStockInput!) {{ adjustStock(input: $input) {{ {ERRORS} {SHOWN} {SHORT} }} }}"
)
RECEIVE: Final = f"mutation ($input: ReceiveStockInput!) {{ receiveStock(input: $input) {{ {ERRORS} {SHOWN} }} }}"
MOVE: Final = f"mutation ($input: MoveStockInput!) {{ moveStock(input: $input) {{ {ERRORS} {SHOWN} {SHORT} }} }}"
COUNT: Final = f"""
mutation ($input: CountStockInput!) {{
  countStock(input: $input) {{ {ERRORS} {SHOWN} {SHORT} ... on StaleCount {{ onHand }} }}
}}
"""
THRESHOLD: Final = f"""
mutation ($input: SetLowStockThresholdInput!) {{
  setLowStockThreshold(input: $input) {{ {ERRORS} ... on Variant {{ lowStockThreshold }} }}
}}
"""
WAREHOUSE: Final = "... on Warehouse { id code name priority active isDefault version }"
OPEN: Final = f"""
mutation ($input: CreateWarehouseInput!) {{
  createWarehouse(input: $input) {{ {ERRORS} {WAREHOUSE} ... on WarehouseCodeTaken {{ warehouseCode }} }}
}}
"""
CHANGE: Final = f"""
mutation ($input: UpdateWarehouseInput!) {{
  updateWarehouse(input: $input) {{
    {ERRORS} {WAREHOUSE} ... on WarehouseNotEmpty {{ onHand }} ... on StaleVersion {{ currentVersion }}
  }}
}}
"""
LEVELS: Final = """
query ($sku: String!, $first: Int, $after: String, $warehouse: ID, $cause: StockCause) {
  stockLedger(sku: $sku, first: $first, after: $after, warehouseId: $warehouse, cause: $cause) {
    edges { cursor node {
      cause onHand available actor reference document note
      warehouse { code } variant { sku stockLevels { onHand available warehouse { code } } lowStockThreshold }
    } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


async def do(shop: Shop, by: Person, query: str, **wish: Any) -> Any:
    wish.setdefault("idempotencyKey", new_key())
    (answer,) = (await shop.ask(query, {"input": wish}, by)).values()
    return answer


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
