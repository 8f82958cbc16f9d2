"""What tests of hostile input share: a shop with something to lose, and what an answer may never hold."""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.e2e.shop import Offer, Person, Shop

Path = Sequence[str | int]

_LEAKS: Final = (
    "Traceback",
    'File "',
    ".py",
    "site-packages",
    "/work",
    "/usr",
    "/tmp",
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "sqlalchemy",
    "sqlite",
    "asyncmy",
    "pymysql",
    "redis",
    "kafka",
    "strawberry",
    "INTERNAL",
)


def assert_clean(reply: httpx.Response) -> None:
    """Nothing of the server's inside is shown, and nothing went wrong there."""
    leaks = [word for word in _LEAKS if word.lower() in reply.text.lower().replace("internal ", "")]
    assert not leaks, reply.text[:2000]
    assert reply.status_code in (200, 400, 401, 405, 406, 413, 415), reply.text[:2000]


def put(given: dict[str, Any], path: Path, value: object) -> dict[str, Any]:
    """A copy of ``given`` with ``value`` at ``path``."""
    changed = copy.deepcopy(given)
    place: Any = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


def written(path: Path) -> str:
    """As graphql-core writes it: ``.items[0].sku``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


@dataclass(frozen=True, slots=True)
class Ground:
    """Ada has ordered one unit of the offer; whatever is sent, she has that and nothing else."""

    shop: Shop
    staff: Person
    ada: Person
    offer: Offer
    order_id: str

    @classmethod
    async def make(cls, shop: Shop) -> "Ground":
        staff, ada = await shop.staff(), await shop.customer()
        offer = await shop.offer(staff, quantity=5, on_hand=10)
        placed = await shop.place(ada, offer.item_id)
        await shop.order_becomes(ada, placed["id"], "AWAITING_PAYMENT")
        return cls(shop, staff, ada, offer, placed["id"])

    async def post(self, body: object, by: Person | None = None) -> httpx.Response:
        """Bytes as they are, all else as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        if by is not None:
            headers["authorization"] = f"Bearer {by.token}"
        reply = await self.shop.server.http.post("/graphql", content=content, headers=headers)
        assert_clean(reply)
        return reply

    async def assert_untouched(self) -> None:
        assert await self.shop.counts(self.offer) == {
            "remaining": 4,
            "available": 9,
            "held": 1,
            "onHand": 10,
            "setAside": 4,
        }
        mine = await self.shop.ask("{ me { orders { totalCount edges { node { id status } } } } }", by=self.ada)
        order = {"id": self.order_id, "status": "AWAITING_PAYMENT"}
        assert mine["me"]["orders"] == {"totalCount": 1, "edges": [{"node": order}]}
        there = await self.shop.ask("{ products { totalCount } flashSales { edges { node { id } } } }")
        assert there["products"]["totalCount"] == 1
        assert there["flashSales"]["edges"] == [{"node": {"id": self.offer.sale_id}}]
