"""Shoppers who buy one thing after another, pay for some of it, and sometimes cancel."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from chaos.arming import arm
from chaos.client import SURPRISE, Client
from chaos.http_connection import HttpConnection
from chaos.paying import pay
from chaos.wishes import Wish
from resolvers.shared.node import decode_id, encode_id

ORDER: Final = "Order"
_PAYS: Final = 0.5
_CANCELS: Final = 0.3
_SEVERAL: Final = 0.3
_ARMS: Final = 0.15
_ERRORS: Final = "... on Error { code } ... on TryAgain { retryAfterMs }"
PLACE: Final = (
    "mutation ($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) "
    f"{{ __typename ... on Order {{ id status }} {_ERRORS} }} }}"
)
CANCEL: Final = (
    "mutation ($input: CancelOrderInput!) { cancelOrder(input: $input) "
    f"{{ __typename ... on Order {{ id status }} {_ERRORS} }} }}"
)


@dataclass(slots=True)
class Shopper:
    """One customer with one connection.

    One who ``only_orders`` is held up by no payment, and so shows when orders are taken.
    """

    id: UUID
    client: Client
    sales: list[list[UUID]]
    only_orders: bool = False
    wishes: list[Wish] = field(default_factory=list)

    async def shop(self, stop: asyncio.Event, pause: float) -> None:
        """Until told to stop; the last wish is brought to its end."""
        http = HttpConnection()
        try:
            while not stop.is_set():
                await self._one(http)
                await asyncio.sleep(self.client.dice.uniform(0, 2 * pause))
        finally:
            await http.close()

    async def _one(self, http: HttpConnection) -> None:
        wish = self._wish()
        self.wishes.append(wish)
        if not self.only_orders and self.client.dice.random() < _ARMS:
            await arm(self.client, http, wish, _items(wish))
        answer = await self.client.until_known(http, PLACE, _asked(wish))
        if answer["__typename"] != ORDER:
            wish.refused = answer["__typename"] != SURPRISE
            return
        self.client.tally.accepted.append(time.monotonic())
        wish.orders.add(decode_id(answer["id"], ORDER))
        if self.only_orders:
            return
        if wish.quote is None and self.client.dice.random() < _PAYS:
            await pay(self.client, http, wish, answer["id"])
        if self.client.dice.random() < _CANCELS:
            await self._cancel(http, wish, answer["id"])

    def _wish(self) -> Wish:
        """Returns what is wanted of one of the sales: an item, or all that it has."""
        dice = self.client.dice
        item, *others = dice.sample(sale := dice.choice(self.sales), len(sale))
        more = tuple((other, 1) for other in others) if dice.random() < _SEVERAL else ()
        return Wish(self.id, uuid4().hex, dice.choice((1, 1, 1, 2)), item, more)

    async def _cancel(self, http: HttpConnection, wish: Wish, order_id: str) -> None:
        """Refused when the order has expired meanwhile."""
        await asyncio.sleep(self.client.dice.uniform(0, 1))
        answer = await self.client.until_known(http, CANCEL, {"orderId": order_id, "idempotencyKey": wish.key})
        if answer["__typename"] == ORDER:
            wish.cancelled = answer["status"] == "CANCELLED"
            wish.orders.add(decode_id(answer["id"], ORDER))

    async def ask_again(self) -> None:
        """For each order that was shown, once more with its key: the answer must be the same order."""
        http = HttpConnection()
        for wish in self.wishes[-3:]:
            if wish.orders:
                answer = await self.client.until_known(http, PLACE, _asked(wish))
                if answer["__typename"] == ORDER:
                    wish.orders.add(decode_id(answer["id"], ORDER))
        await http.close()


def _asked(wish: Wish) -> dict[str, Any]:
    quoted = {} if wish.quote is None else {"quote": wish.quote}
    return _items(wish) | quoted | {"idempotencyKey": wish.key}


def _items(wish: Wish) -> dict[str, Any]:
    assert wish.item_id is not None
    others = [{"itemId": encode_id("FlashSaleItem", item), "quantity": units} for item, units in wish.others]
    return {"itemId": encode_id("FlashSaleItem", wish.item_id), "quantity": wish.quantity, "others": others}
