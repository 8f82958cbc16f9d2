"""Service tokens: what machines may do, and for how long."""

import pytest

from infra.runtime import open_infra
from models.enums import Scope
from resolvers.shared.node import decode_id
from services.token.revoke_token import revoke_token
from settings import Settings
from tests.e2e.shop import CREATE, Shop
from tests.e2e.test_admin import AUDIT, GRANT, NEW_TOKEN, TOKENS, admin, code_of, entries
from tests.modes import ONE_MODE
from tests.waiting import until

pytestmark = ONE_MODE

OLD_TOKEN = """
mutation Old($input: RevokeServiceTokenInput!) {
  revokeServiceToken(input: $input) { __typename ... on ServiceToken { revokedAt } ... on Error { code } }
}
"""


@pytest.mark.usefixtures("worker")
async def test_a_machine_may_what_its_scopes_say(shop: Shop, settings: Settings) -> None:
    root, ada = await admin(shop), await shop.customer()
    offer = await shop.offer(await shop.staff())
    order = await shop.place(ada, offer.item_id)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    wish = {"input": {"name": "PIM", "scopes": ["CATALOG_WRITE", "ORDERS_READ"]}}
    made = (await shop.ask(NEW_TOKEN, wish, root))["createServiceToken"]
    token, id_ = made["token"], made["serviceToken"]["id"]
    assert token.startswith("rct_")

    variant = {"sku": "M-1", "price": "5.00", "currencyCode": "EUR", "quantity": 1}
    product = await shop.server.graphql(CREATE, {"input": {"title": "Made", "variants": [variant]}}, token)
    assert product["data"]["createProduct"]["slug"] == "made"
    seen = await shop.server.graphql(f'{{ me {{ id }} order(id: "{order["id"]}") {{ number }} }}', {}, token)
    assert seen["data"] == {"me": None, "order": {"number": order["number"]}}
    cancel = "mutation C($i: CancelOrderInput!) { cancelOrder(input: $i) { __typename } }"
    variables = {"i": {"orderId": order["id"], "idempotencyKey": "k"}}
    assert await code_of(shop, cancel, variables, token) == "FORBIDDEN"
    assert await code_of(shop, GRANT, {"input": {"userId": ada.id, "role": "ADMIN"}}, token) == "FORBIDDEN"
    assert await code_of(shop, "mutation { logoutEverywhere { __typename } }", {}, token) == "FORBIDDEN"
    assert (await shop.order(ada, order["id"]))["status"] == "AWAITING_PAYMENT"
    [listed] = (await shop.ask(TOKENS, {}, root))["serviceTokens"]
    assert (listed["name"], listed["scopes"], bool(listed["lastUsedAt"])) == (
        "PIM",
        ["CATALOG_WRITE", "ORDERS_READ"],
        True,
    )

    async with open_infra(settings.with_redis(shop.server.infra.settings.redis_dsn)) as elsewhere:
        await revoke_token(elsewhere, decode_id(id_, "ServiceToken"), actor="somebody else")

    async def refused() -> bool:
        return "errors" in await shop.server.graphql("{ me { id } }", {}, token)

    await until(refused, bool)
    assert await code_of(shop, "{ me { id } }", {}, token) == "UNAUTHENTICATED"
    for unknown in ("rct_", "rct_" + "x" * 43, "rct_" + "x" * 5000):
        assert await code_of(shop, "{ me { id } }", {}, unknown) == "UNAUTHENTICATED"
    log = [entry["action"] for entry in entries(await shop.ask(AUDIT, {"actor": root.id}, root))]
    assert "token.created" in log


async def test_a_token_needs_a_name_and_scopes(shop: Shop) -> None:
    root = await admin(shop)
    for changes, path in (
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"expiresInDays": 0}, "expiresInDays"),
        ({"expiresInDays": 1e300}, "expiresInDays"),
    ):
        given = {"name": "x", "scopes": [Scope.ORDERS_READ.value], **changes}
        answer = (await shop.ask(NEW_TOKEN, {"input": given}, root))["createServiceToken"]
        assert answer == {"__typename": "InvalidInput", "fields": [{"path": ["input", path]}]}
    gone = {"input": {"id": root.id}}
    assert (await shop.ask(OLD_TOKEN, gone, root))["revokeServiceToken"]["__typename"] == "InvalidInput"
