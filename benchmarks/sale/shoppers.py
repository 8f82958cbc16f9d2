"""Shoppers over HTTP, in a process of their own: each buys, pays, and looks until the order reads PAID."""

import asyncio
import random
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
import uvloop

from benchmarks.frames import answer_each
from benchmarks.sale.connection import Answer, Connection, NoAnswer
from benchmarks.sale.job import LINES, PASSWORD, SIGN_IN, WHOLE, Job, SaleTally, email_of
from services.shared.signature import sign

_OR: Final = "... on TryAgain { retryAfterMs } ... on Error { code } } }"
_LOGIN: Final = (
    "mutation ($input: LoginInput!) { login(input: $input) { __typename "
    "... on Session { accessToken } ... on Error { code } } }"
)
_FLASH: Final = (
    "mutation ($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename "
    f"... on Order {{ id }} {_OR}"
)
_ADD: Final = f"mutation ($input: AddCartItemInput!) {{ addCartItem(input: $input) {{ __typename {_OR}"
_CHECKOUT: Final = (
    f"mutation ($input: CheckoutInput!) {{ checkout(input: $input) {{ __typename ... on Order {{ id }} {_OR}"
)
_PAY: Final = (
    "mutation ($input: CreatePaymentInput!) { createPayment(input: $input) { __typename "
    f"... on Payment {{ id redirectUrl amount {{ amount }} }} {_OR}"
)
_STATUS: Final = "query ($id: ID!) { order(id: $id) { status } }"
_JOURNEY: Final = 30.0
"""Seconds after which a shopper goes away, asked to try again or not."""
_LOOK_FIRST, _LOOK_LAST = 0.025, 0.2
"""Seconds between two looks at the order: doubled from the first to the last."""
_SIGN_INS: Final = 16
"""At once."""
_TRIES: Final = 5
"""To sign in; who fails stays outside."""
_HOOK: Final = "/webhooks/payments/sandbox"
_tokens: dict[tuple[int, int], str] = {}
"""By port and shopper."""


class Failed(Exception):
    """The step was answered otherwise; it is counted."""


class Shopper:
    def __init__(self, job: Job, tally: SaleTally, number: int, connection: Connection) -> None:
        self._job = job
        self._tally = tally
        self._number = number
        self._connection = connection
        self._dice = random.Random(number)
        self._ends = 0.0

    async def sign_in(self) -> None:
        wish = {"email": email_of(self._number), "password": PASSWORD}
        session = await self._mutate(SIGN_IN, _LOGIN, wish, "Session")
        _tokens[self._job.port, self._number] = session["accessToken"]

    async def buy(self) -> None:
        begun = time.perf_counter()
        self._ends = begun + _JOURNEY
        order = await (self._flash_order() if self._job.by == "flash" else self._check_out())
        wish = {"orderId": order, "idempotencyKey": uuid4().hex}
        payment = await self._mutate("createPayment", _PAY, wish, "Payment")
        await (self._approve(payment) if self._job.pay == "page" else self._tell(payment))
        await self._look_until_paid(order)
        self._tally.step(WHOLE).us.append(_us(begun))

    async def _flash_order(self) -> str:
        wish = {"itemId": self._goods(1)[0], "quantity": 1, "idempotencyKey": uuid4().hex}
        return str((await self._mutate("placeFlashOrder", _FLASH, wish, "Order"))["id"])

    async def _check_out(self) -> str:
        for variant in self._goods(LINES):
            await self._mutate("addCartItem", _ADD, {"variantId": variant, "quantity": 1}, "CartPayload")
        return str((await self._mutate("checkout", _CHECKOUT, {"idempotencyKey": uuid4().hex}, "Order"))["id"])

    def _goods(self, count: int) -> list[str]:
        goods = self._job.goods
        return (
            [goods[0], *self._dice.sample(goods[1:], count - 1)]
            if self._job.hot
            else self._dice.sample(goods, count)
        )

    async def _approve(self, payment: dict[str, Any]) -> None:
        path, kind = urlsplit(payment["redirectUrl"]).path, "content-type: application/x-www-form-urlencoded\r\n"
        await self._timed("approve", lambda: self._connection.post(path, kind, b"decision=approve"), _seen_off)

    async def _tell(self, payment: dict[str, Any]) -> None:
        """What the sandbox itself would send of it."""
        body, headers = _webhook(payment, self._job.secret.encode())
        await self._timed("webhook", lambda: self._connection.post(_HOOK, headers, body), _taken)

    async def _look_until_paid(self, order: str) -> None:
        step, begun, wait = self._tally.step("until PAID"), time.perf_counter(), _LOOK_FIRST
        while (await self._query("look", _STATUS, {"id": order}))["order"]["status"] != "PAID":
            if time.perf_counter() > self._ends:
                step.failed(f"not PAID in {_JOURNEY:.0f} s")
                raise Failed
            await asyncio.sleep(wait)
            wait = min(2 * wait, _LOOK_LAST)
        step.us.append(_us(begun))

    async def _mutate(self, name: str, document: str, wish: dict[str, Any], expected: str) -> dict[str, Any]:
        def found(answer: dict[str, Any]) -> dict[str, Any]:
            [one] = answer.values()
            if one["__typename"] == "TryAgain":
                raise _Again(one["retryAfterMs"] / 1000)
            if one["__typename"] != expected:
                raise _Strange(one.get("code") or one["__typename"])
            return dict(one)

        return await self._graphql(name, document, {"input": wish}, found)

    async def _query(self, name: str, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        return await self._graphql(name, document, variables, lambda answer: answer)

    async def _graphql(
        self,
        name: str,
        document: str,
        variables: dict[str, Any],
        found: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> dict[str, Any]:
        body = orjson.dumps({"query": document, "variables": variables})
        token = _tokens.get((self._job.port, self._number))
        who = f"authorization: Bearer {token}\r\n" if token and name != SIGN_IN else ""
        headers = f"{who}content-type: application/json\r\naccept: application/json\r\n"

        def read(answer: Answer) -> dict[str, Any]:
            return found(_data(answer))

        return await self._timed(name, lambda: self._connection.post("/graphql", headers, body), read)

    async def _timed(
        self, name: str, send: Callable[[], Awaitable[Answer]], read: Callable[[Answer], dict[str, Any]]
    ) -> dict[str, Any]:
        """One step, again as often as it is told to. Errors: Failed."""
        step = self._tally.step(name)
        while True:
            begun = time.perf_counter()
            try:
                answer = read(await send())
            except _Again as again:
                step.again += 1
                await self._pause(again.seconds, name)
            except (NoAnswer, _Strange) as error:
                step.failed(str(error))
                raise Failed from error
            else:
                step.us.append(_us(begun))
                return answer

    async def _pause(self, seconds: float, name: str) -> None:
        if name != SIGN_IN and time.perf_counter() + seconds > self._ends:
            self._tally.step(name).failed(f"asked to try again for {_JOURNEY:.0f} s")
            raise Failed
        await asyncio.sleep(seconds)


class _Again(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class _Strange(Exception):
    """The text says what was answered."""


def _data(answer: Answer) -> dict[str, Any]:
    try:
        told = orjson.loads(answer.body)
    except ValueError:
        raise _Strange(f"HTTP {answer.status}") from None
    for error in told.get("errors") or ():
        extensions = error.get("extensions") or {}
        if "retryAfterMs" in extensions:
            raise _Again(extensions["retryAfterMs"] / 1000)
        raise _Strange(extensions.get("code") or error["message"])
    return dict(told["data"])


def _seen_off(answer: Answer) -> dict[str, Any]:
    """Who pays in a browser sees anything else as a fault."""
    if answer.status != 303:
        raise _Strange(f"HTTP {answer.status}")
    return {}


def _taken(answer: Answer) -> dict[str, Any]:
    if answer.status == 503:  # providers send it again
        raise _Again(1.0)
    if answer.status != 204:
        raise _Strange(f"HTTP {answer.status}")
    return {}


def _webhook(payment: dict[str, Any], secret: bytes) -> tuple[bytes, str]:
    global_id = payment["id"] + "=" * (-len(payment["id"]) % 4)
    amount = round(float(payment["amount"]["amount"]) * 100)
    charge = {
        "key": urlsafe_b64decode(global_id).decode().partition(":")[2],
        "id": urlsplit(payment["redirectUrl"]).path.rpartition("/")[2],
        "status": "CAPTURED",
        "amount": amount,
        "currency": "EUR",
        "captured": amount,
        "refunded": 0,
        "fees": amount // 100,
    }
    named = uuid4().hex
    event = {"id": named, "type": "charge.captured", "charge": charge}
    body = orjson.dumps(event)
    signed = sign(secret, named, body, datetime.now(UTC))
    return body, "".join(
        f"{name}: {value}\r\n" for name, value in {"content-type": "application/json", **signed}.items()
    )


def _us(begun: float) -> int:
    return round((time.perf_counter() - begun) * 1e6)


async def run(job: Job) -> SaleTally:
    """Returns what all shoppers met."""
    tally, at_the_desk = SaleTally(), asyncio.Semaphore(_SIGN_INS)
    begun = time.perf_counter()
    if job.sign_in:
        await asyncio.gather(*(_sign_in(job, tally, number, at_the_desk) for number in range(job.shoppers)))
    else:
        await asyncio.gather(*(_shop(job, tally, number, begun) for number in range(job.shoppers)))
    tally.seconds = time.perf_counter() - begun
    return tally


async def _sign_in(job: Job, tally: SaleTally, number: int, at_the_desk: asyncio.Semaphore) -> None:
    async with at_the_desk:
        for _ in range(_TRIES):
            with closing(Connection(job.port)) as connection, suppress(Failed):
                await Shopper(job, tally, number, connection).sign_in()
                return


async def _shop(job: Job, tally: SaleTally, number: int, begun: float) -> None:
    if (job.port, number) not in _tokens:
        return
    with closing(Connection(job.port)) as connection:
        shopper = Shopper(job, tally, number, connection)
        while time.perf_counter() - begun < job.seconds:
            try:
                await shopper.buy()
            except Failed:
                # As people do, who look before they press again.
                await asyncio.sleep(_LOOK_LAST)


def main() -> None:
    answer_each(lambda told: asdict(uvloop.run(run(Job(**told)))))


if __name__ == "__main__":
    main()
