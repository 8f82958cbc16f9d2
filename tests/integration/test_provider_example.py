"""The worked example of docs/payment-providers.md, against a service that does what it says."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from models import PaymentStatus
from services.payment.provider import Charge, Refused, Unreachable
from services.shared.signature import BadWebhook, sign
from tests.app_server import serving

DOCUMENT = Path(__file__).parents[2] / "docs" / "payment-providers.md"
SECRET = b"voucher secret"


def example() -> Any:
    """The class that the document shows."""
    block = re.search(r"<!-- provider-example -->\n```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert block is not None
    names: dict[str, Any] = {}
    exec(compile(block[1], str(DOCUMENT), "exec"), names)
    return names["Vouchers"]


class Service:
    """Keeps payments in its memory."""

    def __init__(self) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, int] = {}
        route = Route("/payments/{rest:path}", self.answer, methods=["GET", "PUT", "POST"])
        self.app = Starlette(routes=[route])

    async def answer(self, request: Request) -> Response:
        key, *rest = request.path_params["rest"].split("/")
        body = await request.body()
        given = orjson.loads(body) if body else {}
        if not key:
            return JSONResponse(list(self.payments.values()))
        if request.method == "PUT" and not rest:
            nothing = {"captured": 0, "refunded": 0, "page": f"https://vouchers.test/{key}"}
            self.payments.setdefault(key, {"key": key, "status": "PENDING", **given, **nothing})
        payment = self.payments.get(key)
        if payment is None:
            return Response(status_code=404)
        if rest[:1] == ["capture"]:
            payment |= {"status": "CAPTURED", "captured": given["amount"]}
        if rest[:1] == ["cancel"]:
            if payment["captured"]:
                return Response(status_code=409)
            payment["status"] = "CANCELLED"
        if rest[:1] == ["refunds"] and rest[1] not in self.refunds:
            self.refunds[rest[1]] = given["amount"]
            payment["refunded"] += given["amount"]
        return JSONResponse(payment)


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Any, Service]]:
    service = Service()
    async with serving(service.app) as url:
        yield example()(url, SECRET), service


def charge(key: str) -> Charge:
    return Charge(key, 1990, "EUR", "Order 1", "http://127.0.0.1:1", "https://shop.test/", captures=True)


async def test_it_does_what_a_provider_must() -> None:
    async with running() as (vouchers, service):
        first = await vouchers.create(charge("a"))
        assert await vouchers.create(charge("a")) == first
        assert (first.status, first.redirect_url) == (PaymentStatus.PENDING, "https://vouchers.test/a")
        assert (await vouchers.capture("a", 1990, "a")).captured == 1990
        for _ in range(2):
            assert (await vouchers.refund("a", 500, "r1")).refunded == 500
        assert (await vouchers.fetch("a", "a")).refunded == 500
        assert await vouchers.fetch("b", None) is None
        with pytest.raises(Refused):
            await vouchers.cancel("a", "a")
        assert [found.key async for found in vouchers.list_since(datetime.now(UTC) - timedelta(1))] == ["a"]
        assert len(service.payments) == 1
    with pytest.raises(Unreachable):
        await vouchers.fetch("a", "a")


async def test_its_webhooks_are_checked() -> None:
    vouchers, now = example()("http://127.0.0.1:1", SECRET), datetime.now(UTC)
    payment = {"key": "a", "status": "CAPTURED", "amount": 1, "currency": "EUR", "captured": 1, "refunded": 0}
    body = orjson.dumps({"type": "payment.captured", "payment": payment})
    event = vouchers.parse_webhook(sign(SECRET, "e1", body, now), body, now)
    assert (event.id, event.standing.captured) == ("e1", 1)
    with pytest.raises(BadWebhook):
        vouchers.parse_webhook(sign(b"other", "e1", body, now), body, now)
