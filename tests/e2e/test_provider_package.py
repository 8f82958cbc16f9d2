"""A payment provider of one's own: installed beside the shop by the commands of its document, and paid with."""

import asyncio
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.app_server import serving
from tests.documents import ROOT
from tests.e2e.running import RUSHCART, Ready, Running, environment, rushcart
from tests.voucher_service import SECRET, VoucherService
from tests.waiting import until

PAY = """mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { ... on Payment { provider redirectUrl } ... on Error { message } } }"""
STATUS = "query ($id: ID!) { order(id: $id) { status } }"


def documented() -> tuple[list[str], dict[str, str], list[str]]:
    """What is shown: how to install it, the variables, and the command that is run with them."""
    text = (ROOT / "docs" / "payment-providers.md").read_text(encoding="utf-8")
    [block] = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    install, run = (shlex.split(line) for line in block.replace("\\\n", "").splitlines())
    given = [word.partition("=") for word in run if "=" in word]
    return install, {name: value for name, _, value in given}, run[len(given) :]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder that it is in: nothing is fetched, and our own environment stays as it is."""
    folder = str(tmp_path_factory.mktemp("installed"))
    install, _, _ = documented()
    assert install[:2] == ["pip", "install"]
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", folder]
    subprocess.run([sys.executable, "-m", *install, *offline], cwd=ROOT, check=True, capture_output=True)
    return folder


async def test_an_order_is_paid_with_it(tmp_path: Path, installed: str) -> None:
    _, given, command = documented()
    assert command == ["rushcart", "dev"]
    service = VoucherService()
    async with serving(service.app) as url:
        settings = given | {"PYTHONPATH": installed, "VOUCHERS_URL": url, "VOUCHERS_SECRET": SECRET.decode()}
        assert settings.keys() - {"PYTHONPATH"} == given.keys()
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


def test_without_its_variables_nothing_starts(tmp_path: Path, installed: str) -> None:
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
