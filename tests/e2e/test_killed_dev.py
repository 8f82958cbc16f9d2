"""``rushcart dev`` dies in the middle of a sale: what was shown as accepted is kept, exactly once."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.running import Ready, Running
from tests.e2e.shop import PLACE, new_key
from tests.waiting import patience, until

BUYERS = 8
ENOUGH = 25
ITEM = """{ flashSales(status: [RUNNING]) { edges { node { name items {
  id quantity remaining variant { stock { available held onHand } }
} } } } }"""
MINE = "{ me { orders(first: 100) { totalCount edges { node { id status } } } } }"


def demo_item(ready: Ready) -> dict[str, Any]:
    """The one item of the demo sale that is not sold out."""
    sales = [sale["node"] for sale in ready.ask(ITEM)["flashSales"]["edges"]]
    [item] = next(sale["items"] for sale in sales if sale["name"] == "Rush hour")
    return dict(item)


class Buyers:
    """Place orders one after the other until the server is gone; each key is used for one order only."""

    def __init__(self, ready: Ready, item_id: str) -> None:
        self.url, self.item_id = ready.graphql, item_id
        self.token = ready.sign_in(*ready.customer)
        self.accepted: dict[str, str] = {}
        self.enough = asyncio.Event()
        self.unanswered: list[str] = []

    async def place(self, http: httpx.AsyncClient, url: str, key: str) -> Any:
        wish = {"itemId": self.item_id, "quantity": 1, "idempotencyKey": key}
        body = {"query": PLACE, "variables": {"input": wish}}
        reply = await http.post(url, json=body, headers={"authorization": f"Bearer {self.token}"})
        return reply.json()["data"]["placeFlashOrder"]

    async def buy_until_the_end(self) -> None:
        async with httpx.AsyncClient(timeout=10) as http:
            while True:
                key = new_key()
                try:
                    order = await self.place(http, self.url, key)
                except httpx.TransportError:
                    self.unanswered.append(key)
                    return
                assert order["__typename"] == "Order", order
                self.accepted[key] = order["id"]
                if len(self.accepted) >= ENOUGH:
                    self.enough.set()

    async def retry(self, url: str, key: str) -> str:
        """The order of the key, made now if it was not made before."""
        async with httpx.AsyncClient(timeout=10) as http:
            order = await self.place(http, url, key)
            assert order["__typename"] == "Order", order
            return str(order["id"])


async def test_what_was_accepted_is_there_after_a_kill(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with Running(home) as dev:
        ready = await asyncio.to_thread(dev.ready)
        item = demo_item(ready)
        buyers = Buyers(ready, item["id"])
        buying = [asyncio.create_task(buyers.buy_until_the_end()) for _ in range(BUYERS)]
        async with asyncio.timeout(patience(30)):
            await buyers.enough.wait()
        await asyncio.to_thread(dev.kill)
        await asyncio.gather(*buying)
    assert len(buyers.accepted) + len(buyers.unanswered) < 100, "the demo sale's limit a customer"

    with Running(home) as dev:
        ready = await asyncio.to_thread(dev.ready)
        # Read before anything is retried: it is the server that kept them, not the customer.
        mine = ready.ask(MINE, token=buyers.token)["me"]["orders"]
        assert set(buyers.accepted.values()) <= {edge["node"]["id"] for edge in mine["edges"]}
        assert mine["totalCount"] <= len(buyers.accepted) + len(buyers.unanswered)

        again = {key: await buyers.retry(ready.graphql, key) for key in [*buyers.accepted, *buyers.unanswered]}
        assert {key: again[key] for key in buyers.accepted} == buyers.accepted
        assert len(set(again.values())) == len(again)

        async def look() -> Any:
            data = await asyncio.to_thread(ready.ask, MINE, None, buyers.token)
            return [edge["node"] for edge in data["me"]["orders"]["edges"]]

        seen = await until(look, lambda nodes: {node["status"] for node in nodes} == {"AWAITING_PAYMENT"})
        assert sorted(node["id"] for node in seen) == sorted(again.values())
        after = demo_item(ready)
        held = len(again)
        stock = item["variant"]["stock"]
        assert after["remaining"] == item["quantity"] - held
        assert after["variant"]["stock"] == {
            "available": stock["available"] - held,
            "held": held,
            "onHand": stock["onHand"],
        }
        assert await asyncio.to_thread(dev.told, signal.SIGTERM, ready.port) == 0
