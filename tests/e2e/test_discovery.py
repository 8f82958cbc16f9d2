"""API processes in a real etcd."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.ports import free_port
from tests.deb_program import installed
from tests.e2e.running import Running, rushcart
from tests.waiting import until_true

pytestmark = pytest.mark.timeout(300)


@contextmanager
def etcd(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    program = installed("etcd", "etcd-server")
    url, peers = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    options = {
        "--data-dir": str(folder / "etcd"),
        "--listen-client-urls": url,
        "--advertise-client-urls": url,
        "--listen-peer-urls": peers,
        "--initial-advertise-peer-urls": peers,
        "--initial-cluster": f"default={peers}",
    }
    words = [word for pair in options.items() for word in pair]
    with (folder / "etcd.log").open("ab") as log:
        process = subprocess.Popen([program, *words], stdout=log, stderr=log)
    try:
        until_true(lambda: _is_healthy(url), "etcd answers", within=30)
        yield process
    finally:
        process.kill()
        process.wait(10)


def _is_healthy(url: str) -> bool:
    try:
        return "true" in httpx.get(f"{url}/health", timeout=2).text
    except httpx.TransportError:
        return False


class Shop:
    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.settings = {
            "RUSHCART_ETCD_ENDPOINTS": f"http://127.0.0.1:9, http://127.0.0.1:{port}/",
            "RUSHCART_ETCD_TTL": "3",
        }

    def serve(self, exits: ExitStack, valkey: str, number: int) -> Running:
        settings = self.settings | {"RUSHCART_REDIS_URL": valkey, "RUSHCART_LOG_FORMAT": "json"}
        place = self.home.with_name(f"serve-{number}")
        settings["RUSHCART_HOME"] = str(self.home)
        process = exits.enter_context(Running(place, words=("serve",), settings=settings))
        process.says('"serve.started"')
        return process

    def listed(self) -> list[dict[str, Any]]:
        ended = rushcart(self.home, "instances", "--json", **self.settings)
        assert ended.returncode == 0, ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]


def url_of(process: Running) -> str:
    [url] = [json.loads(line)["url"] for line in process.err.splitlines() if '"serve.started"' in line]
    return str(url)


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[str]:
    from infra.embedded_valkey import EmbeddedValkey

    server = EmbeddedValkey.start(tmp_path / "valkey")
    yield server.url
    server.stop()


def test_apis_come_and_go(tmp_path: Path, valkey: str) -> None:
    home = tmp_path / "home"
    assert rushcart(home, "db", "upgrade").returncode == 0
    port = free_port()
    shop = Shop(home, port)
    with ExitStack() as exits:
        running = exits.enter_context(etcd(tmp_path, port))
        first, second = (shop.serve(exits, valkey, number) for number in (1, 2))
        until_true(lambda: [one["ready"] for one in shop.listed()] == [True, True], "both are ready", within=20)
        urls = {url_of(first), url_of(second)}
        assert {one["url"] for one in shop.listed()} == urls
        assert all(one["version"] and one["pid"] for one in shop.listed())
        upstream = tmp_path / "upstream.conf"
        ended = rushcart(home, "instances", "--format", "nginx", "--output", str(upstream), **shop.settings)
        assert (ended.returncode, ended.stdout) == (0, "")
        servers = {line.removeprefix("server ").removesuffix(";") for line in upstream.read_text().splitlines()}
        assert {f"http://{server}" for server in servers} == urls
        # One that ends says so at once; one that dies is gone with its lease.
        assert first.told(signal.SIGTERM) == 0
        assert [one["url"] for one in shop.listed()] == [url_of(second)]
        second.kill()
        until_true(lambda: shop.listed() == [], "its lease has ended", within=10)
        # While etcd is away APIs serve, and are there again when it is back.
        third = shop.serve(exits, valkey, 3)
        until_true(lambda: len(shop.listed()) == 1, "the third is there", within=20)
        running.kill()
        running.wait(10)
        third.says('"discovery.etcd_away"')
        assert httpx.get(f"{url_of(third)}/readyz").status_code == 200
        assert rushcart(home, "instances", **shop.settings).returncode == 1
        exits.enter_context(etcd(tmp_path, port))
        third.says('"discovery.back"')
        until_true(lambda: [one["url"] for one in shop.listed()] == [url_of(third)], "it is back", within=20)


def test_without_etcd_there_is_no_list(tmp_path: Path) -> None:
    ended = rushcart(tmp_path, "instances")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "RUSHCART_ETCD_ENDPOINTS" in ended.stderr
