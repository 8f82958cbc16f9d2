"""Groups over HTTP: staff make one, put a customer in, and the customer's next session sees its terms."""

from datetime import timedelta
from typing import Any, Final

import pytest

from tests.e2e.shop import Shop, new_key
from tests.modes import ONE_MODE

pytestmark = [ONE_MODE, pytest.mark.usefixtures("worker")]

GROUP: Final = (
    "... on CustomerGroup { id name version } ... on Error { code } ... on InvalidInput { fields { path } }"
)


def do(name: str, answer: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ __typename {answer} }} }}"


async def test_a_customer_is_put_in_and_sold_to_by_its_terms(shop: Shop) -> None:
    staff, ada = await shop.staff(), await shop.customer()

    async def ask(what: str, answer: str, /, **given: Any) -> Any:
        return (await shop.ask(do(what, answer), {"input": given}, staff))[what]

    vip = await ask("createCustomerGroup", GROUP, name="VIP", idempotencyKey=new_key())
    twice = await ask("createCustomerGroup", GROUP, name="vip", idempotencyKey=new_key())
    assert twice["fields"] == [{"path": ["input", "name"]}]
    vip = await ask("changeCustomerGroup", GROUP, id=vip["id"], version=1, name="Very")
    assert (vip["name"], vip["version"]) == ("Very", 2)
    people = "... on ChangedCustomers { customers { id groupIds tags } } ... on Error { code }"
    added = await ask("changeCustomers", people, customerIds=[ada.id], addGroupIds=[vip["id"]], addTags=["Press"])
    assert added["customers"] == [{"id": ada.id, "groupIds": [vip["id"]], "tags": ["press"]}]
    # Their access token is of before; the session goes on.
    refused = await shop.server.graphql("{ me { id } }", token=ada.token)
    assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    login = "mutation ($input: LoginInput!) { login(input: $input) { ... on Session { accessToken } } }"
    given = {"email": ada.email, "password": "correct horse battery"}
    token = (await shop.ask(login, {"input": given}))["login"]["accessToken"]

    offer = await shop.offer(staff)  # which runs: too late for terms
    late = await ask(
        "setFlashSaleGroupTerms", "... on Error { code }", id=offer.sale_id, version=1, publicFrom=None
    )
    assert late["__typename"] == "FlashSale"  # none there were, none there are
    sale = await ask(
        "scheduleFlashSale",
        "... on FlashSale { id version startsAt items { id } }",
        name="Soon",
        startsAt=(shop.server.infra.now() + timedelta(hours=1)).isoformat(),
        endsAt=(shop.server.infra.now() + timedelta(hours=2)).isoformat(),
        items=[{"sku": offer.sku, "price": "19.90", "quantity": 2, "perCustomerLimit": 1}],
    )
    terms = {"groupId": vip["id"], "items": [{"sku": offer.sku, "price": "9.90", "perCustomerLimit": 2}]}
    changed = await ask(
        "setFlashSaleGroupTerms", "... on FlashSale { version }", id=sale["id"], version=1, groups=[terms]
    )
    assert changed["version"] == 2
    mine = (
        "query ($id: ID!) { node(id: $id) { ... on FlashSaleItem "
        "{ myTerms { price { amount } perCustomerLimit } } } }"
    )
    seen = [
        (await shop.server.graphql(mine, {"id": sale["items"][0]["id"]}, by))["data"]["node"]["myTerms"]
        for by in (None, token)
    ]
    assert [(one["price"]["amount"], one["perCustomerLimit"]) for one in seen] == [("19.90", 1), ("9.90", 2)]
    find = "query ($group: ID, $tag: String) { customers(groupId: $group, tag: $tag) { edges { node { id } } } }"
    for wanted in ({"group": vip["id"]}, {"tag": "PRESS"}):
        found = await shop.ask(find, wanted, staff)
        assert [edge["node"]["id"] for edge in found["customers"]["edges"]] == [ada.id]
    gone = await ask("deleteCustomerGroup", "... on DeletedCustomerGroup { id }", id=vip["id"], version=2)
    assert gone["id"] == vip["id"]
    assert (await shop.ask("{ customerGroups { id } }", by=staff))["customerGroups"] == []
