"""A payment provider of one's own: installed beside the shop by the commands of its document, and paid with."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from tests.app_server import serving
from tests.documents import ROOT
from tests.e2e.running import RUSHCART, Ready, Running, environment, rushcart
from tests.example_package import Documented
from tests.voucher_service import SECRET, VoucherService
from tests.waiting import until

PAY = """mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { ... on Payment { provider redirectUrl } ... on Error { message } } }"""
STATUS = "query ($id: ID!) { order(id: $id) { status } }"


@pytest.fixture(scope="module")
def documented() -> Documented:
    return Documented.read("payment-providers.md")


@pytest.fixture(scope="module")
def installed(documented: Documented, tmp_path_factory: pytest.TempPathFactory) -> str:
    return documented.installed(tmp_path_factory.mktemp("installed"))


async def test_an_order_is_paid_with_it(tmp_path: Path, documented: Documented, installed: str) -> None:
    assert documented.command == ["rushcart", "dev"]
    service = VoucherService()
    async with serving(service.app) as url:
        settings = documented.given | {
            "PYTHONPATH": installed,
            "VOUCHERS_URL": url,
            "VOUCHERS_SECRET": SECRET.decode(),
        }
        assert settings.keys() - {"PYTHONPATH"} == documented.given.keys()
        with Running(tmp_path / "home", settings=settings) as dev:
            await _pay(await asyncio.to_thread(dev.ready), service)


async def _pay(ready: Ready, service: VoucherService) -> None:
    order = await asyncio.to_thread(ready.buy)
    token = await asyncio.to_thread(ready.sign_in, *ready.customer)
    wish = {"orderId": order["id"], "idempotencyKey": "pay"}
    answer = await asyncio.to_thread(ready.ask, PAY, {"input": wish}, token)
    [(key, payment)] = service.payments.items()
    assert answer["createPayment"] == {"provider": "vouchers", "redirectUrl": payment["page"]}
    await service.enter_code(key, f"{ready.graphql.removesuffix('/graphql')}/webhooks/payments/vouchers")

    async def status() -> str:
        found = await asyncio.to_thread(ready.ask, STATUS, {"id": order["id"]}, token)
        return str(found["order"]["status"])

    assert await until(status, lambda seen: seen != "AWAITING_PAYMENT") == "PAID"


def test_without_its_variables_nothing_starts(tmp_path: Path, documented: Documented, installed: str) -> None:
    ended = rushcart(tmp_path, "serve", PYTHONPATH=installed, RUSHCART_PAYMENT_PROVIDERS="vouchers")
    assert (ended.returncode, ended.stderr) == (2, "VOUCHERS_URL and VOUCHERS_SECRET: vouchers need both\n")


@pytest.mark.parametrize("command", ["serve", "worker", "scheduler", "dev"])
def test_a_name_that_is_nobodys_is_told_with_those_there_are(tmp_path: Path, installed: str, command: str) -> None:
    ended = rushcart(tmp_path, command, PYTHONPATH=installed, RUSHCART_PAYMENT_PROVIDERS="vouchers,nobody")
    assert ended.returncode == 2
    assert ended.stderr == (
        "RUSHCART_PAYMENT_PROVIDERS: knows no nobody; there are sandbox, stripe, manual, vouchers\n"
    )
    assert "vouchers" not in rushcart(tmp_path, command, RUSHCART_PAYMENT_PROVIDERS="nobody").stderr


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    """A package whose module is not there, or says another name."""
    described = tmp_path / "broken-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text("[rushcart.payment_providers]\nbroken = nowhere_at_all:Broken\n")
    ended = subprocess.run(
        [*RUSHCART, "serve"], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False,
        env=environment(tmp_path / "home", PYTHONPATH=str(tmp_path), RUSHCART_PAYMENT_PROVIDERS="broken"),
    )  # fmt: skip
    assert ended.returncode == 2
    assert ended.stderr.startswith("RUSHCART_PAYMENT_PROVIDERS: broken (nowhere_at_all:Broken) cannot be made: ")
