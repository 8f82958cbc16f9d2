"""``rushcart db``, ``serve``, ``worker`` and ``scheduler`` as processes of their own on the real stack."""

import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from chaos.environment import variables
from infra.runtime import open_infra
from resolvers.shared.node import encode_id
from settings import Settings
from tests.e2e.running import RUSHCART, Running, rushcart
from tests.e2e.shop import PASSWORD, PLACE, REGISTER, new_key
from tests.factories import running_sale, stock_of
from tests.modes import empty_stack
from tests.waiting import until

pytestmark = pytest.mark.stack
PARTS = ("serve", "worker", "scheduler")
HELD = {"on_hand": 10, "available": 7, "set_aside": 1, "held": 2, "committed": 0}


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Settings]:
    """A database of the test's own, empty, and topics of its own."""
    async with empty_stack(tmp_path / "home") as settings:
        yield settings


@contextmanager
def part(settings: Settings, command: str) -> Iterator[Running]:
    """One of the processes, once it has said that it started; the API as a shell starts it."""
    home = settings.home.with_name(f"{settings.home.name}-{command}")
    whole = (*RUSHCART, command) if command == "serve" else ()
    with Running(home, words=(command,), command=whole, settings=variables(settings)) as process:
        process.says(f'"{command}.started"')
        yield process


def log(process: Running) -> list[dict[str, Any]]:
    """Its log: a JSON object a line, and nothing else."""
    return [json.loads(line) for line in process.err.splitlines()]


async def ask(http: httpx.AsyncClient, query: str, given: dict[str, Any], token: str | None = None) -> Any:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    answer = (await http.post("/graphql", json={"query": query, "variables": given}, headers=headers)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def test_an_order_goes_through_all_processes(stack: Settings) -> None:
    upgraded = rushcart(stack.home, "db", "upgrade", **variables(stack))
    assert (upgraded.returncode, upgraded.stderr) == (0, "")
    assert upgraded.stdout.splitlines()[0] == "Now at 0001."
    assert rushcart(stack.home, "db", "check", **variables(stack)).stdout == "No difference.\n"
    with part(stack, "serve") as serve, part(stack, "worker") as worker, part(stack, "scheduler") as scheduler:
        [url] = [line["url"] for line in log(serve) if line["event"] == "serve.started"]
        async with open_infra(stack) as infra, httpx.AsyncClient(base_url=url, timeout=10, verify=False) as http:
            ready = await until(lambda: http.get("/readyz"), lambda reply: reply.status_code == 200)
            assert list(ready.json()["stores"]) == ["database", "redis", "event_log"]
            assert (await http.get("/healthz")).json() == {"status": "alive"}

            item = await running_sale(infra, quantity=3)
            given = {"email": "ada@example.com", "password": PASSWORD, "displayName": "Ada"}
            token = (await ask(http, REGISTER, {"input": given}))["register"]["accessToken"]
            wish = {"itemId": encode_id("FlashSaleItem", item.id), "quantity": 2, "idempotencyKey": new_key()}
            answer = await until(
                lambda: ask(http, PLACE, {"input": wish}, token),
                lambda data: data["placeFlashOrder"]["__typename"] != "TryAgain",  # the worker may load it too
            )
            placed = answer["placeFlashOrder"]
            assert (placed["__typename"], placed["status"]) == ("Order", "ACCEPTED")
            one = "query ($id: ID!) { order(id: $id) { id status } }"
            seen = await until(
                lambda: ask(http, one, {"id": placed["id"]}, token),
                lambda data: data["order"]["status"] == "AWAITING_PAYMENT",
            )
            assert seen == {"order": {"id": placed["id"], "status": "AWAITING_PAYMENT"}}
            assert await stock_of(infra, item.sku) == HELD

        for name, process in zip(PARTS, (serve, worker, scheduler), strict=True):
            process.says('"doctor.doubtful"')  # of a single broker
            assert process.told(signal.SIGTERM) == 0
            lines = log(process)
            assert [line["event"] for line in lines][-1] == f"{name}.stopped"
            assert [line for line in lines if line["level"] in ("error", "critical")] == []


@pytest.mark.parametrize("command", PARTS)
async def test_without_a_schema_nothing_starts(stack: Settings, command: str) -> None:
    refused = rushcart(stack.home, command, **variables(stack))
    assert (refused.returncode, refused.stdout) == (3, "")
    told = refused.stderr.splitlines()[-1]
    assert told.startswith("The database has no schema yet, this Rushcart needs revision ")
    assert "Run: rushcart db upgrade." in told
    assert "Traceback" not in refused.stderr
    assert "rushcart:" not in refused.stderr.replace("rushcart:***", "")
