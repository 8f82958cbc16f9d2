"""How a shopper pays: on the sandbox's page, where some decline; some webhooks come late, twice or never."""

import asyncio
from random import Random
from typing import Final
from urllib.parse import urlencode, urlsplit

from chaos.client import Client
from chaos.http_connection import HttpConnection
from chaos.wishes import Wish

PAY: Final = (
    "mutation ($input: CreatePaymentInput!) { createPayment(input: $input) "
    "{ __typename ... on Payment { id redirectUrl } ... on Error { code } ... on TryAgain { retryAfterMs } } }"
)
_SEE_OTHER: Final = 303
_UNAVAILABLE: Final = 503
_AGAIN: Final = 0.2


async def pay(client: Client, http: HttpConnection, wish: Wish, order_id: str) -> None:
    """Not begun when the order has expired meanwhile."""
    answer = await client.until_known(http, PAY, {"orderId": order_id, "idempotencyKey": wish.key})
    if answer["__typename"] == "Payment":
        approves = client.dice.random() < 0.85
        form = urlencode(_form(client.dice, approves)).encode()
        if await press(client, http, urlsplit(answer["redirectUrl"]).path, form):
            wish.approved = approves


def _form(dice: Random, approves: bool) -> dict[str, str]:
    return {
        "decision": "approve" if approves else "decline",
        "delay": str(dice.choice((0, 0, 0, 1, 3))),
        "webhook": dice.choice(("once", "once", "twice", "never")),
    }


async def press(client: Client, http: HttpConnection, path: str, form: bytes) -> bool:
    """Again until it is known to be done: what was decided first stays."""
    while True:
        problem, status, reply = await client.post(http, path, form)
        if status == _SEE_OTHER:
            return True
        if not problem and status != _UNAVAILABLE:
            client.tally.strange.append(f"{status} of the sandbox's page: {reply[:200]!r}")
            return False
        await asyncio.sleep(_AGAIN)
