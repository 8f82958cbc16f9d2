"""A shop without the parts that are extras: what needs one says so, and all else works."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import httpx

from tests.e2e.running import ROOT, Ready, Running, environment
from tests.e2e.test_media import ADD, PREFLIGHT
from tests.pictures import png
from tests.waiting import until_true

_HIDDEN: Final = {
    "stripe": "stripe",
    "images": "PIL",
    "otlp-grpc": "opentelemetry.exporter.otlp.proto.grpc",
}
STRIPE: Final = {
    "RUSHCART_PAYMENT_PROVIDERS": "stripe",
    "RUSHCART_STRIPE_API_KEY": "sk_test_1",
    "RUSHCART_STRIPE_PUBLISHABLE_KEY": "pk_test_1",
    "RUSHCART_STRIPE_WEBHOOK_SECRET": "whsec_1",
}
GRPC: Final = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc",
}
PRODUCT: Final = "{ products(first: 1) { edges { node { id images { url } } } } }"
PAY: Final = """mutation ($input: CreatePaymentInput!) {
  createPayment(input: $input) { ... on Payment { redirectUrl } ... on Error { message } } }"""
STATUS: Final = "query ($id: ID!) { order(id: $id) { status } }"


# Each in a process with settings of its own; what it ends with is printed.
_EACH: Final = """
import json, os
import graphql_api.app, infra.eventlog.kafka, server.processes, server.runtime, services.doctor, tasks.worker
for command, settings in json.loads(sys.argv[1]):
    if os.fork() == 0:
        os.environ.update(settings)
        sys.argv = ["rushcart", command]
        main()
        break
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


def without(*extras: str, each: bool = False) -> tuple[str, ...]:
    """The command ``rushcart`` where these are not installed; with ``each``, some in turn."""
    hidden = {_HIDDEN[extra]: None for extra in extras}
    code = f"import sys\nsys.modules.update({hidden})\nfrom cli.main import main\n"
    return (sys.executable, "-c", code + (_EACH if each else "main()"))


def test_what_is_wanted_and_not_there_is_told_at_the_start(tmp_path: Path) -> None:
    """Each command where each is missing; to import all takes seconds, and is done once."""
    told = [
        (command, settings, f"{wanted_for}: pip install 'rushcart[{extra}]' first\n")
        for extra, settings, wanted_for in (
            ("stripe", STRIPE, "RUSHCART_PAYMENT_PROVIDERS names stripe"),
            ("otlp-grpc", GRPC, "OTEL_EXPORTER_OTLP_PROTOCOL is grpc"),
        )
        for command in ("serve", "worker")
    ]
    ended = subprocess.run(
        [*without("stripe", "otlp-grpc", each=True), json.dumps([case[:2] for case in told])],
        cwd=ROOT, env=environment(tmp_path / "home"), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.stdout == "2\n" * len(told), ended.stderr
    assert ended.stderr == "".join(text for _, _, text in told)


def test_a_shop_without_any_sells(tmp_path: Path) -> None:
    command = (*without(*_HIDDEN), "dev")
    with Running(tmp_path / "home", command=command) as dev:
        ready = dev.ready()
        [edge] = ready.ask(PRODUCT)["products"]["edges"]
        assert httpx.get(urljoin(ready.graphql, edge["node"]["images"][0]["url"])).status_code == 200
        refused = _upload(ready, edge["node"])
        assert refused["fields"] == [
            {"path": ["input", "file"], "message": "cannot be read: pip install 'rushcart[images]' first"}
        ]
        _pay(ready)


def _upload(ready: Ready, product: dict[str, object]) -> dict[str, object]:
    wish = {"productId": product["id"], "file": None}
    answer = httpx.post(
        ready.graphql,
        data={"operations": json.dumps({"query": ADD, "variables": {"input": wish}}),
              "map": json.dumps({"a": ["variables.input.file"]})},
        files={"a": ("a.png", png(), "image/png")},
        headers={**PREFLIGHT, "authorization": f"Bearer {ready.sign_in(*ready.staff)}"},
        timeout=10,
    )  # fmt: skip
    found: dict[str, object] = answer.json()["data"]["addProductImage"]
    return found


def _pay(ready: Ready) -> None:
    order, token = ready.buy(), ready.sign_in(*ready.customer)
    wish = {"orderId": order["id"], "idempotencyKey": "pay"}
    page = ready.ask(PAY, {"input": wish}, token)["createPayment"]["redirectUrl"]
    assert httpx.post(page, data={"decision": "approve"}).status_code == 303
    until_true(
        lambda: ready.ask(STATUS, {"id": order["id"]}, token)["order"]["status"] == "PAID", "the order is paid"
    )
