"""The worked example of docs/payment-providers.md, against a service that does what it says."""

import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from models import PaymentStatus
from services.payment.provider import Charge, Provider, Refused, Unreachable
from services.shared.signature import BadWebhook, sign
from tests.app_server import serving
from tests.documents import ROOT, files_of
from tests.voucher_service import SECRET, VoucherService

MODULE = ROOT / "examples" / "payment_provider" / "rushcart_vouchers.py"


def example(url: str) -> Provider:
    """As a process makes it that has these variables."""
    spec = importlib.util.spec_from_file_location("rushcart_vouchers", MODULE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOUCHERS_URL", url)
        patch.setenv("VOUCHERS_SECRET", SECRET.decode())
        made: Provider = module.Vouchers()
    return made


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Provider, VoucherService]]:
    service = VoucherService()
    async with serving(service.app) as url:
        yield example(url), service


def charge(key: str) -> Charge:
    return Charge(key, 1990, "EUR", "Order 1", "http://127.0.0.1:1", "https://shop.test/", captures=True)


def test_the_document_shows_it_as_it_is() -> None:
    shown = files_of("payment-providers.md")
    assert len(shown) == 2
    assert {name: (ROOT / name).read_text(encoding="utf-8") for name in shown} == shown


async def test_it_does_what_a_provider_must() -> None:
    async with running() as (vouchers, service):
        first = await vouchers.create(charge("a"))
        assert await vouchers.create(charge("a")) == first
        assert (first.status, first.redirect_url) == (PaymentStatus.PENDING, "https://vouchers.test/a")
        assert (await vouchers.capture("a", 1990, "a")).captured == 1990
        for _ in range(2):
            assert (await vouchers.refund("a", 500, "r1")).refunded == 500
        found = await vouchers.fetch("a", "a")
        assert found is not None
        assert found.refunded == 500
        assert await vouchers.fetch("b", None) is None
        with pytest.raises(Refused):
            await vouchers.cancel("a", "a")
        assert [found.key async for found in vouchers.list_since(datetime.now(UTC) - timedelta(1))] == ["a"]
        assert len(service.payments) == 1
    with pytest.raises(Unreachable):
        await vouchers.fetch("a", "a")


async def test_its_webhooks_are_checked() -> None:
    vouchers, now = example("http://127.0.0.1:1"), datetime.now(UTC)
    payment = {"key": "a", "status": "CAPTURED", "amount": 1, "currency": "EUR", "captured": 1, "refunded": 0}
    body = orjson.dumps({"type": "payment.captured", "payment": payment})
    event = vouchers.parse_webhook(sign(SECRET, "e1", body, now), body, now)
    assert event.standing is not None
    assert (event.id, event.standing.captured) == ("e1", 1)
    with pytest.raises(BadWebhook):
        vouchers.parse_webhook(sign(b"other", "e1", body, now), body, now)
