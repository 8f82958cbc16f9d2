"""The debugging page's looks into Redis and the database, each tried on a shop that sells."""

import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from redis import Redis

from tests.documents import ROOT
from tests.e2e.running import Running

pytestmark = pytest.mark.timeout(300)
PAGE: Final = (ROOT / "docs/debugging.md").read_text(encoding="utf-8")
LOOKS: Final = re.findall(r"^redis-cli -s \S+ (.*?)(?:\s+#.*)?$", PAGE, re.MULTILINE)
# What is there for a moment only, or has not happened in this shop: it is asked for all the same.
MAY_BE_EMPTY: Final = {"pending", "open", "accepted", "dirty", "revocations", "jobs"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """It has sold something, and somebody has a cart."""
    with Running(tmp_path_factory.mktemp("debugging") / "home") as running:
        ready = running.ready()
        ready.buy()
        token = ready.sign_in(*ready.customer)
        found = ready.ask("{ products(first: 1) { edges { node { variants { id } } } } }")
        variant = found["products"]["edges"][0]["node"]["variants"][0]["id"]
        add = "mutation ($id: ID!) { addCartItem(input: {variantId: $id, quantity: 1}) { __typename } }"
        assert ready.ask(add, {"id": variant}, token)["addCartItem"]["__typename"] == "CartPayload"
        running.says("orders.persisted")
        yield running


@pytest.fixture(scope="module")
def redis(shop: Running) -> Iterator["Redis"]:
    client = Redis(
        unix_socket_path=str(shop.home / "valkey" / "valkey.sock"),
        decode_responses=True,
        encoding_errors="replace",
    )
    yield client
    client.close()


@pytest.fixture(scope="module")
def variables(redis: "Redis") -> dict[str, str]:
    """What the page leaves to the reader."""
    loaded = [str(one).split("|") for one in redis.smembers("flash:loaded")]
    item, sku = next((item, sku) for item, sku in loaded if redis.exists(f"flash:{{{sku}}}:{item}:holds"))
    claim = next(redis.scan_iter("claim:*"))
    cart = next(redis.scan_iter("cart:*", _type="hash"))
    product = str(next(redis.scan_iter("doc:product:*"))).removeprefix("doc:product:")
    _, customer, key = str(claim).split(":")
    _, bucket, cart_id = str(cart).split(":")
    return {
        "ITEM": item, "SKU": sku, "CUSTOMER": customer.strip("{}"), "KEY": key, "BUCKET": bucket.strip("{}"),
        "CART": cart_id, "PRODUCT": product,
    }  # fmt: skip


def test_the_page_has_them_all() -> None:
    assert len(LOOKS) == 18


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_into_redis(look: str, redis: "Redis", variables: dict[str, str]) -> None:
    line = re.sub(r"\$([A-Z]+)", lambda match: variables[match[1]], look)
    words = shlex.split(line)
    scan = words[0] == "--scan"
    answer = list(redis.scan_iter(words[2])) if scan else redis.execute_command(*words)  # type: ignore[no-untyped-call]
    assert answer or any(word in look for word in MAY_BE_EMPTY), f"{line}: {answer!r}"


@pytest.mark.parametrize("statement", re.findall(r'^sqlite3 \S+ "(.*)"$', PAGE, re.MULTILINE))
def test_a_look_into_the_database(statement: str, shop: Running) -> None:
    opened = sqlite3.connect(f"file:{shop.home / 'rushcart.db'}?mode=ro", uri=True)
    try:
        assert opened.execute(statement).fetchall()
    finally:
        opened.close()


def test_events_that_are_named_are_logged() -> None:
    """Each stands in the code; names that are made of parts do so too."""
    code = "".join(path.read_text() for top in ("cli", "server", "graphql_api", "tasks", "services", "infra")
                   for path in (ROOT / top).rglob("*.py"))  # fmt: skip
    table = PAGE.partition("| event | says |")[2].partition("\n\n")[0]
    named = {name for row in table.splitlines() for name in re.findall(r"`([a-z_.]+)`", row.split(" | ")[0])}
    assert len(named) > 12
    assert {name for name in named if f'"{name}"' not in code} <= {"worker.started"}
    assert 'f"{name}.started"' in code


def test_a_json_line(tmp_path: Path) -> None:
    settings = {"RUSHCART_LOG_FORMAT": "json"}
    with Running(tmp_path / "home", settings=settings) as running:
        running.ready().buy()
        running.says('"event":"orders.persisted"')
        line = next(line for line in running.err.splitlines() if '"orders.persisted"' in line)
    shape = r'\{"stored":\d+,"refused":0,"ms":\d+,"event":"orders.persisted","level":"info","timestamp":"[^"]+Z"\}'
    assert re.fullmatch(shape, line), line


def test_where_a_process_is(shop: Running) -> None:
    tool = Path(sys.executable).with_name("py-spy")
    ended = subprocess.run(
        [str(tool), "dump", "--pid", str(shop.process.pid)], capture_output=True, text=True, check=False
    )
    if "ermission" in ended.stderr:
        pytest.skip("this machine lets nobody look into a process")
    assert "MainThread" in ended.stdout, ended.stderr
