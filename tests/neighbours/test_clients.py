"""Clients and generators of others, as docs/clients.md lists them: each buys from a server that runs, or looks."""

import base64
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.running import ROOT, Ready, Running
from tests.neighbours.sdks import CLIENTS, PROGRAMS, call, needed, npm_install, pip_install

pytestmark = pytest.mark.timeout(900)
FOUND = """{
  flashSales(status: [RUNNING]) { edges { node { items { id remaining perCustomerLimit } } } }
  products(first: 1) { edges { node { id } } } }"""


@dataclass(frozen=True, slots=True)
class Shop:
    """``item`` may be ordered more than once."""

    ready: Ready
    token: str
    item: str
    product: str

    @property
    def words(self) -> tuple[str, str, str]:
        """What the programs are given."""
        return self.ready.graphql, self.token, self.item


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Running(home=tmp_path_factory.mktemp("shop") / "home") as server:
        ready = server.ready()
        found = ready.ask(FOUND)
        items = [item for sale in found["flashSales"]["edges"] for item in sale["node"]["items"]]
        item = max(items, key=lambda one: min(one["remaining"], one["perCustomerLimit"]))
        product = found["products"]["edges"][0]["node"]["id"]
        yield Shop(ready, ready.sign_in(*ready.customer), item["id"], product)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the schema and the programs for clients."""
    place = tmp_path / "client"
    shutil.copytree(PROGRAMS / "clients", place)
    for name in ("schema.graphql", "possible-types.json"):
        shutil.copy(ROOT / name, place)
    return place


def png() -> str:
    kept = io.BytesIO()
    Image.new("RGB", (8, 8)).save(kept, "PNG")
    return base64.b64encode(kept.getvalue()).decode()


def test_clients_in_javascript(shop: Shop, folder: Path) -> None:
    """Apollo Client, urql, Relay, graphql-sse and uploads; and what graphql-http looks at, all of it."""
    node = npm_install(folder, *CLIENTS)
    (folder / "relay").mkdir()
    shutil.move(folder / "page.js", folder / "relay")
    call(folder, "node_modules/.bin/relay-compiler")
    (email, password), (staff, secret) = shop.ready.customer, shop.ready.staff
    given = {
        "url": shop.ready.graphql,
        "email": email,
        "password": password,
        "item": shop.item,
        "staff": {"email": staff, "password": secret},
        "product": shop.product,
        "png": png(),
        "possibleTypes": json.loads((folder / "possible-types.json").read_text()),
    }
    told = json.loads(call(folder, node, "ask.mjs", given=json.dumps(given)))
    assert told["audits"] == {"all": 61, "ok": 61, "others": []}
    assert (told["apollo"]["rows"], told["apollo"]["bought"]) == (2, "ACCEPTED")
    assert told["apollo"]["refused"]["code"] == "INVALID_INPUT"
    assert told["urql"] == {"rows": 2, "same": True}
    assert told["relay"] == {"rows": 2}
    assert told["sse"][-1] == "AWAITING_PAYMENT"
    assert (told["upload"]["__typename"], told["upload"]["image"]["width"]) == ("ProductImagePayload", 8)


def test_types_by_gql_tada(folder: Path) -> None:
    npm_install(folder, *CLIENTS)
    call(folder, "node_modules/.bin/gql.tada", "generate-output")
    call(folder, "node_modules/.bin/tsc", "-p", ".")
    # It is the types that are looked at: what is no field of an error is refused.
    text = (folder / "tada.ts").read_text()
    (folder / "tada.ts").write_text(text.replace("outcome.code", "outcome.total"))
    with pytest.raises(AssertionError, match="Property 'total' does not exist"):
        call(folder, "node_modules/.bin/tsc", "-p", ".")


def test_sgqlc(shop: Shop, folder: Path) -> None:
    pip_install(folder, "sgqlc==18")
    introspection = "from graphql import get_introspection_query as ask; print(ask())"
    asked = call(folder, "venv/bin/python", "-c", introspection)
    (folder / "schema.json").write_text(json.dumps({"data": shop.ready.ask(asked)}))
    call(folder, "venv/bin/sgqlc-codegen", "schema", "schema.json", "shop_schema.py")
    assert call(folder, "venv/bin/python", "buy_by_sgqlc.py", *shop.words) == "ACCEPTED\n"


def test_gql(shop: Shop, folder: Path) -> None:
    pip_install(folder, "gql[httpx,websockets]==4.4.0")
    rows, remaining = call(folder, "venv/bin/python", "look_by_gql.py", *shop.words).split()
    assert rows == "2"
    assert int(remaining) > 0


def test_turms(folder: Path) -> None:
    pip_install(folder, "turms==2.3.0", "pydantic==2.13.0")
    call(folder, "venv/bin/turms", "gen")
    assert call(folder, "venv/bin/python", "-c", "from made.schema import Buy; print(Buy.__name__)") == "Buy\n"


def test_genqlient(shop: Shop, folder: Path) -> None:
    """What it leaves out it sends as an empty text."""
    go = needed("go", "genqlient")
    shutil.copytree(PROGRAMS / "genqlient", folder, dirs_exist_ok=True)
    call(folder, go, "tool", "genqlient", GOFLAGS="-mod=readonly")
    call(folder, go, "build", "-o", "buy", ".", GOFLAGS="-mod=readonly -buildvcs=false")
    assert call(folder, "./buy", *shop.words) == "2 ACCEPTED\n"


def test_cynic_and_graphql_client(shop: Shop, folder: Path) -> None:
    cargo = needed("cargo", "clients in Rust")
    shutil.copytree(PROGRAMS / "rust", folder, dirs_exist_ok=True)
    call(folder, cargo, "build", "--quiet")
    assert call(folder, "target/debug/shop", *shop.words) == "the same order\n"
