"""How soon a provider's webhook is answered: over HTTP, beside the same verb alone, and of one that came before.

A webhook here pays an order: inbox, payment, order, stock, books, receipt and events, all in one transaction.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

import httpx2
import orjson

from benchmarks.checkout import at
from benchmarks.processes import RUSHCART, ProcessFailed, Server
from benchmarks.stores import Echo, stores
from infra.ids import new_id
from infra.ports import free_port
from infra.runtime import Infra, open_infra
from models import Payment, PaymentStatus
from services.cart.add_item import Wish, add_item
from services.cart.rules import Owner
from services.catalog.create_product import create_product
from services.catalog.product_draft import ProductDraft, VariantDraft
from services.checkout.checkout import Checkout, checkout
from services.payment.create_payment import PaymentWish, create_payment
from services.payment.provider import Standing
from services.payment.receive_webhook import receive_webhook
from services.payment.sandbox.charges import event_body
from services.payment.sandbox.secret import webhook_secret
from services.shared.events import ALL_TOPICS
from services.shared.signature import sign

_PLENTY: Final = 1_000_000
_WARM_UP: Final = 20
_PATH: Final = "/webhooks/payments/sandbox"


@dataclass(frozen=True, slots=True)
class Hook:
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Series:
    """Seconds of each answer; ``at_once`` is how many were under way."""

    name: str
    at_once: int
    seconds: list[float]

    def ms(self, share: float) -> float:
        return at(self.seconds, share) * 1000


def run_benchmark(count: int, echo: Echo) -> Sequence[Series]:
    """``count`` payments a series. Errors: StackError, ProcessFailed."""
    with ExitStack() as stack:
        settings = stack.enter_context(stores(echo)).model_copy(update={"payment_providers": ("sandbox",)})
        port = free_port()
        environment = {"RUSHCART_PORT": str(port), "RUSHCART_PAYMENT_PROVIDERS": "sandbox"}
        server = Server("serve", [*RUSHCART, "serve"], environment, settings.home)
        stack.callback(server.stop)
        worker = Server("worker", [*RUSHCART, "worker"], environment, settings.home)
        stack.callback(worker.stop)
        url = f"http://127.0.0.1:{port}"
        server.wait_for(f"{url}/healthz")

        async def measure() -> Sequence[Series]:
            async with open_infra(settings) as infra, httpx2.AsyncClient(base_url=url, timeout=10) as http:
                await infra.events.ensure_topics(ALL_TOPICS)
                return await _measure(infra, http, count, echo)

        return asyncio.run(measure())


async def _measure(infra: Infra, http: httpx2.AsyncClient, count: int, echo: Echo) -> Sequence[Series]:
    product = await create_product(
        infra, ProductDraft("Benchmark", (VariantDraft("BENCH", Decimal("19.90"), "EUR", _PLENTY),)), "benchmark"
    )
    variant = product.variants[0].id

    async def over_http(hook: Hook) -> None:
        answer = await http.post(_PATH, content=hook.body, headers=hook.headers)
        if answer.status_code != 204:
            raise ProcessFailed(f"{answer.status_code} {answer.text[:200]}")

    async def verb(hook: Hook) -> None:
        await receive_webhook(infra, "sandbox", hook.headers, hook.body)

    series: list[Series] = []
    for name, at_once, way in (("HTTP", 1, over_http), ("the verb", 1, verb), ("HTTP", 16, over_http)):
        await _send([await _hook(infra, variant) for _ in range(min(_WARM_UP, count))], at_once, way)
        hooks = [await _hook(infra, variant) for _ in range(count)]
        series.append(Series(name, at_once, await _send(hooks, at_once, way)))
        series.append(Series(f"{name}, a second time", at_once, await _send(hooks, at_once, way)))
        echo(f"{name}, {at_once} at once: {len(hooks)} orders paid")
    return series


async def _hook(infra: Infra, variant: UUID) -> Hook:
    """Of a payment of a new order."""
    customer = new_id()
    await add_item(infra, Owner.customer(customer), Wish(variant, 1))
    order = await checkout(infra, Checkout(customer, new_id().hex))
    wish = PaymentWish(customer, order.id, "sandbox", None, new_id().hex, "http://127.0.0.1")
    return _captured(infra, await create_payment(infra, wish))


def _captured(infra: Infra, payment: Payment) -> Hook:
    key, reference, amount = payment.id.hex, str(payment.reference), payment.amount
    standing = Standing(key, reference, PaymentStatus.CAPTURED, amount, payment.currency, amount, fees=19)
    told = event_body(standing)
    body = orjson.dumps(told)
    return Hook(sign(webhook_secret(infra.settings), told["id"], body, infra.now()), body)


async def _send(hooks: Sequence[Hook], at_once: int, way: Callable[[Hook], Awaitable[None]]) -> list[float]:
    left, seconds = list(hooks), list[float]()

    async def sender() -> None:
        while left:
            hook, begun = left.pop(), time.monotonic()
            await way(hook)
            seconds.append(time.monotonic() - begun)

    await asyncio.gather(*(sender() for _ in range(at_once)))
    return seconds
