"""Payments while the processes that handle them are killed: races of an API with a worker, and of two APIs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from chaos.accounts import accounts
from chaos.fleet import Fleet
from chaos.money import judge_money
from infra.runtime import Infra
from models import Order, OrderStatus, Payment, PaymentStatus, Role
from resolvers.shared.node import encode_id
from tests.chaos.buyers import Rush
from tests.chaos.conftest import NewRush
from tests.observer import observer
from tests.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
_SHOWN: Final = "__typename ... on Payment { id redirectUrl status } ... on Error { code }"
PAY: Final = f"mutation ($input: CreatePaymentInput!) {{ createPayment(input: $input) {{ {_SHOWN} }} }}"
TAKE: Final = f"mutation ($input: CapturePaymentInput!) {{ capturePayment(input: $input) {{ {_SHOWN} }} }}"
REFUND: Final = f"mutation ($input: RefundPaymentInput!) {{ refundPayment(input: $input) {{ {_SHOWN} }} }}"


@dataclass(slots=True)
class Client:
    """Asks one server after the other until it has an answer, with one key."""

    urls: list[str]
    http: httpx.AsyncClient

    async def ask(self, query: str, token: str, first: int = 0, **wish: Any) -> dict[str, Any]:
        body = {"query": query, "variables": {"input": {"idempotencyKey": uuid4().hex} | wish}}
        headers = {"Authorization": f"Bearer {token}"}

        async def answer(turn: int) -> dict[str, Any] | None:
            reply = await self.http.post(f"{self.urls[turn % len(self.urls)]}/graphql", json=body, headers=headers)
            told = reply.json()
            if "errors" in told:
                assert [error["extensions"]["code"] for error in told["errors"]] == ["UNAVAILABLE"], told
                return None
            (found,) = told["data"].values()
            return None if found["__typename"] == "TryAgain" else dict(found)

        found: dict[str, Any] = await _until_answered(answer, first)
        return found

    async def press(self, payment: dict[str, Any], first: int = 0, **form: str) -> None:
        path = urlsplit(payment["redirectUrl"]).path

        async def answer(turn: int) -> bool | None:
            reply = await self.http.post(f"{self.urls[turn % len(self.urls)]}{path}", data=form)
            assert reply.status_code in (303, 503), reply
            return True if reply.status_code == 303 else None

        await _until_answered(answer, first)


async def _until_answered(answer: Callable[[int], Any], turn: int) -> Any:
    async def look() -> Any:
        nonlocal turn
        turn += 1
        try:
            return await answer(turn)
        except httpx.TransportError:
            return None

    return await until(look, lambda found: found is not None, within=60)


@asynccontextmanager
async def clients(fleet: Fleet) -> AsyncIterator[tuple[Client, Infra]]:
    """And what looks at the stores."""
    async with observer(fleet.settings) as infra, httpx.AsyncClient(timeout=5) as http:
        yield Client(fleet.urls, http), infra


def bought(rush: Rush) -> list[tuple[str, str]]:
    """Token and the order's global id."""
    return [(buyer.token, encode_id("Order", id_)) for id_, buyer in rush.orders.items()]


async def statuses(infra: Infra, rush: Rush) -> Counter[OrderStatus]:
    async with infra.database.read() as session:
        found = await session.scalars(select(Order.status).where(Order.id.in_(list(rush.orders))))
        return Counter(map(OrderStatus, found))


async def expiries(infra: Infra, rush: Rush) -> list[datetime]:
    """Once they are in the database."""

    async def look() -> list[datetime | None]:
        async with infra.database.read() as session:
            return list(await session.scalars(select(Order.expires_at).where(Order.id.in_(list(rush.orders)))))

    found = await until(look, lambda seen: len(seen) == len(rush.orders), within=30)
    return [moment for moment in found if moment is not None]


async def payments_of(infra: Infra, rush: Rush) -> list[Payment]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(Payment).where(Payment.order_id.in_(list(rush.orders)))))


@pytest.mark.parametrize(("payment_timeout", "payment_providers"), [(15.0, ("sandbox",))])
async def test_money_that_comes_while_orders_expire(
    fleet_of_its_own: Fleet, new_rush: NewRush, payment_timeout: float, payment_providers: tuple[str, ...]
) -> None:
    """Each order has one winner; of who lost, the money goes back. Webhooks come just before, at and after."""
    fleet = fleet_of_its_own
    rush = await new_rush(fleet)
    rush.arrive()
    await rush.finish()
    async with clients(fleet) as (client, infra):
        ends = max(await expiries(infra, rush))

        async def pay(turn: int, token: str, order_id: str) -> None:
            """At once; a second before orders expire, with the webhook before or after that; and just then."""
            payment = await client.ask(PAY, token, orderId=order_id)
            early, delay = [(60.0, "0"), (1.0, "0"), (1.0, "3"), (0.0, "0")][turn % 4]
            await asyncio.sleep(max(0.0, (ends - infra.now()).total_seconds() - early))
            if payment["__typename"] == "Payment":
                await client.press(payment, decision="approve", delay=delay)

        async with asyncio.TaskGroup() as tasks:
            paying = [tasks.create_task(pay(turn, *one)) for turn, one in enumerate(bought(rush))]
            await asyncio.wait(paying, return_when=asyncio.FIRST_COMPLETED)
            for process in (fleet.workers[0], fleet.serves[0], fleet.schedulers[0]):
                process.kill()
                await fleet.complete()
        await until(
            lambda: statuses(infra, rush), lambda seen: OrderStatus.AWAITING_PAYMENT not in seen, within=60
        )
        money = await judge_money(infra, [])
        seen = await statuses(infra, rush)
        assert money.wrong == []
        assert seen.keys() == {OrderStatus.PAID, OrderStatus.EXPIRED}
        assert seen[OrderStatus.PAID] == sum(payment.pays_order for payment in await payments_of(infra, rush))
        assert 0 < money.given_back <= seen[OrderStatus.EXPIRED]


async def test_two_ways_to_pay_at_once(fleet: Fleet, rush: Rush) -> None:
    """At one API the customer approves, at the other staff take what came by bank transfer."""
    async with clients(fleet) as (client, infra):
        [(_, staff)] = await accounts(infra, 1, Role.STAFF)
        rush.arrive()
        await rush.finish()

        async def both(token: str, order_id: str) -> None:
            card = await client.ask(PAY, token, orderId=order_id, provider="sandbox")

            async def by_transfer() -> None:
                made = await client.ask(PAY, token, 1, orderId=order_id, provider="manual")
                if made["__typename"] == "Payment" and made["redirectUrl"] is None:
                    await client.ask(TAKE, staff, 1, paymentId=made["id"])

            await asyncio.gather(client.press(card, decision="approve", webhook="twice"), by_transfer())

        async with asyncio.TaskGroup() as tasks:
            paying = [tasks.create_task(both(*one)) for one in bought(rush)[:40]]
            await asyncio.wait(paying, return_when=asyncio.FIRST_COMPLETED)
            for process in (fleet.serves[0], fleet.workers[1]):
                process.kill()
            await fleet.complete()
        assert (await judge_money(infra, [])).wrong == []
        assert (await statuses(infra, rush))[OrderStatus.PAID] == 40
        kept = Counter(payment.captured - payment.refunded for payment in await payments_of(infra, rush))
        assert (kept[1990], kept.keys() <= {0, 1990}) == (40, True)


async def test_refunds_at_two_servers_at_once(fleet: Fleet, rush: Rush) -> None:
    """Three ask for most of the money; one gets it, then the rest is given back too."""
    async with clients(fleet) as (client, infra):
        [(_, staff)] = await accounts(infra, 1, Role.STAFF)
        rush.arrive()
        await rush.finish()
        orders = bought(rush)[:15]
        for token, order_id in orders:
            await client.press(
                await client.ask(PAY, token, orderId=order_id, provider="sandbox"), decision="approve"
            )
        paid = await until(lambda: paid_ids(infra, rush), lambda found: len(found) == len(orders))
        async with asyncio.TaskGroup() as tasks:
            asked = [
                tasks.create_task(client.ask(REFUND, staff, turn, paymentId=id_, amount="12.00"))
                for id_ in paid
                for turn in range(3)
            ]
            await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
            for process in (fleet.workers[0], fleet.serves[1]):
                process.kill()
            await fleet.complete()
        answers = Counter(task.result()["__typename"] for task in asked)
        assert answers == {"Payment": len(orders), "InvalidInput": 2 * len(orders)}
        assert set(await refunded(infra, rush)) <= {0, 1200}
        await asyncio.gather(*(client.ask(REFUND, staff, paymentId=id_) for id_ in paid))
        assert (await judge_money(infra, [])).wrong == []
        assert (await statuses(infra, rush))[OrderStatus.REFUNDED] == len(orders)


async def paid_ids(infra: Infra, rush: Rush) -> list[str]:
    found = await payments_of(infra, rush)
    return [encode_id("Payment", payment.id) for payment in found if payment.status == PaymentStatus.CAPTURED]


async def refunded(infra: Infra, rush: Rush) -> Iterable[int]:
    return [payment.refunded for payment in await payments_of(infra, rush)]
