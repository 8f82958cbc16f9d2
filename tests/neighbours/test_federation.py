"""A graph of Rushcart and another subgraph, composed by three libraries and asked through Apollo's gateway."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.running import Running
from tests.neighbours.sdks import FEDERATION, PROGRAMS, call, npm_install

pytestmark = pytest.mark.timeout(600)
CATALOG: Final = "{ products(first: 60) { edges { node { id title reviews { stars } } } } }"
REVIEWS: Final = """
{ latestReviews { stars price { amount } product { id title variants { sku } } by { id email } } }
"""
BUY: Final = """
mutation ($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) {
  __typename ... on Order { total { amount } lines { variant { product { reviews { stars } } } } }
  ... on Error { code } } }
"""
ITEMS: Final = """
{ flashSales(status: [RUNNING]) { edges { node { items {
  id remaining variant { product { id title variants { sku } } } } } } } }
"""


def asked(folder: Path, node: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns the gateway's answers, which are the same whichever library composed its graph."""
    shutil.copy(PROGRAMS / "gateway.mjs", folder)  # beside the packages, where node looks for them
    said = call(folder, node, "gateway.mjs", given=json.dumps(given))
    told = json.loads(said.splitlines()[-1])  # behind what Apollo's server has to say of itself
    assert told["apollo"] == told["open"]
    assert told["cosmo"] == {"success": True, "said": []}
    answers: list[dict[str, Any]] = told["apollo"]["told"]
    return answers


def test_a_graph_of_two_is_composed_and_answered(tmp_path: Path) -> None:
    folder = tmp_path / "gateway"
    folder.mkdir()
    node = npm_install(folder, *FEDERATION)
    with Running(home=tmp_path / "home", settings={"RUSHCART_FEDERATION": "on"}) as server:
        ready = server.ready()
        token = ready.sign_in(*ready.customer)
        me, other = (
            ready.ask("{ me { id email } }", token=one)["me"] for one in (token, ready.sign_in(*ready.staff))
        )
        sales = [edge["node"] for edge in ready.ask(ITEMS)["flashSales"]["edges"]]
        item = next(one for sale in sales for one in sale["items"] if one["remaining"])
        product = item["variant"]["product"]
        price = {"amount": "9.90", "currencyCode": "EUR"}
        reviews = [
            {"stars": 5, "product": {"id": product["id"]}, "by": {"id": me["id"]}, "price": price},
            {"stars": 1, "product": {"id": "gone"}, "by": {"id": other["id"]}},
        ]
        order = {"input": {"itemId": item["id"], "quantity": 1, "idempotencyKey": "once"}}
        operations = [
            {"query": REVIEWS, "token": token},
            {"query": CATALOG},
            {"query": BUY, "variables": order, "token": token},
            {"query": BUY, "variables": order},
        ]
        given = {"rushcart": ready.graphql, "reviews": reviews, "operations": operations}
        theirs, ours, bought, refused = asked(folder, node, given)
    first, second = theirs["data"]["latestReviews"]
    assert first == {"stars": 5, "price": {"amount": "9.90"}, "product": product, "by": me}
    assert second == {"stars": 1, "price": None, "product": None, "by": None}
    assert len([query for query in theirs["sent"] if "_entities" in query]) == 2, "one a type, however many"
    assert "errors" not in theirs
    cards = [edge["node"] for edge in ours["data"]["products"]["edges"]]
    assert len(cards) > 3
    assert {"id": product["id"], "title": product["title"], "reviews": [{"stars": 5}]} in cards
    assert len(ours["sent"]) == 2
    placed = bought["data"]["placeFlashOrder"]
    assert placed["lines"] == [{"variant": {"product": {"reviews": [{"stars": 5}]}}}]
    assert (refused["data"], refused["errors"]) == (None, ["UNAUTHENTICATED"])
