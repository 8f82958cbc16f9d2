"""Payments while the processes that handle them are killed: races of an API with a worker, and of two APIs."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select, update

from chaos.accounts import accounts
from chaos.fleet import Fleet, Process
from chaos.money import judge_money
from infra.runtime import Infra
from models import Order, OrderStatus, Payment, PaymentStatus, Role
from resolvers.shared.node import encode_id
from tests.chaos.buyers import Rush
from tests.chaos.conftest import UNITS
from tests.observer import observer
from tests.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
PAID_TWICE: Final = 25
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


async def in_the_database(infra: Infra, rush: Rush) -> None:
    await until(lambda: statuses(infra, rush), lambda seen: seen.total() == len(rush.orders))


async def end_the_time_to_pay(infra: Infra, rush: Rush) -> None:
    """Of those that wait for it."""
    unpaid = update(Order).where(Order.id.in_(list(rush.orders)), Order.status == OrderStatus.AWAITING_PAYMENT)
    await infra.database.transact(lambda session: session.execute(unpaid.values(expires_at=infra.now())))


async def payments_of(infra: Infra, rush: Rush) -> list[Payment]:
    async with infra.database.read() as session:
        return list(await session.scalars(select(Payment).where(Payment.order_id.in_(list(rush.orders)))))


async def test_money_that_comes_while_orders_expire(fleet: Fleet, rush: Rush) -> None:
    """Each order has one winner; of who lost, the money goes back. Webhooks come before, at and after."""
    rush.arrive()
    await rush.finish()
    async with clients(fleet) as (client, infra):
        await in_the_database(infra, rush)
        begun, over = asyncio.Queue[tuple[int, dict[str, Any]]](), asyncio.Event()

        async def pay(turn: int, token: str, order_id: str) -> None:
            """At once; so that it is known when orders have expired; and while they do."""
            payment = await client.ask(PAY, token, orderId=order_id, provider="sandbox")
            if turn % 4 == 0:
                await client.press(payment, decision="approve")
            begun.put_nowait((turn, payment))
            if turn % 4 > 1:
                await over.wait()
                await asyncio.sleep(2 * turn / UNITS)  # the workers sweep once a second
                await client.press(payment, decision="approve")

        async with asyncio.TaskGroup() as tasks:
            paying = [tasks.create_task(pay(turn, *one)) for turn, one in enumerate(bought(rush))]
            have = [await begun.get()]
            await killed(fleet, fleet.workers[0], fleet.serves[0])
            have += [await begun.get() for _ in paying[1:]]
            await until(lambda: statuses(infra, rush), lambda seen: seen[OrderStatus.PAID] > 0)
            late = [payment for turn, payment in have if turn % 4 == 1]
            await asyncio.gather(*(client.press(one, decision="approve", delay="30") for one in late))
            await end_the_time_to_pay(infra, rush)
            over.set()
            await killed(fleet, fleet.workers[1], fleet.serves[1], fleet.schedulers[0])
        await until(
            lambda: statuses(infra, rush), lambda seen: OrderStatus.AWAITING_PAYMENT not in seen, within=60
        )
        assert (await judge_money(infra, [])).wrong == []
        seen, payments = await statuses(infra, rush), await payments_of(infra, rush)
        assert seen.keys() == {OrderStatus.PAID, OrderStatus.EXPIRED}
        assert seen[OrderStatus.PAID] == sum(payment.pays_order for payment in payments)
        assert 0 < sum(payment.refunded > 0 for payment in payments) <= seen[OrderStatus.EXPIRED]


async def killed(fleet: Fleet, *processes: Process) -> None:
    """One after the other; it returns when all are there again."""
    for process in processes:
        process.kill()
        await fleet.complete()


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
            paying = [tasks.create_task(both(*one)) for one in bought(rush)[:PAID_TWICE]]
            await asyncio.wait(paying, return_when=asyncio.FIRST_COMPLETED)
            for process in (fleet.serves[0], fleet.workers[1]):
                process.kill()
            await fleet.complete()
        assert (await judge_money(infra, [])).wrong == []
        assert (await statuses(infra, rush))[OrderStatus.PAID] == PAID_TWICE
        kept = Counter(payment.captured - payment.refunded for payment in await payments_of(infra, rush))
        assert (kept[1990], kept.keys() <= {0, 1990}) == (PAID_TWICE, True)


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
