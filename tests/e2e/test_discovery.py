"""Processes in a real etcd."""

import json
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.ports import free_port
from tests.certificates import self_signed
from tests.deb_program import installed
from tests.e2e.running import Running, rushcart
from tests.waiting import until_true

pytestmark = pytest.mark.timeout(300)


@contextmanager
def etcd(folder: Path, port: int, certificate: Path | None = None) -> Iterator["subprocess.Popen[bytes]"]:
    program = installed("etcd", "etcd-server")
    url, peers = f"http{'s' if certificate else ''}://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    options = {
        "--data-dir": str(folder / "etcd"),
        "--listen-client-urls": url,
        "--advertise-client-urls": url,
        "--listen-peer-urls": peers,
        "--initial-advertise-peer-urls": peers,
        "--initial-cluster": f"default={peers}",
    }
    if certificate is not None:
        options |= dict.fromkeys(("--cert-file", "--key-file"), str(certificate))
        alone = folder / "alone.pem"  # etcd takes every part of it for a certificate
        alone.write_text(certificate.read_text().partition("-----END PRIVATE KEY-----\n")[2])
        options["--trusted-ca-file"] = str(alone)
    words = [word for pair in options.items() for word in pair]
    words += ["--client-cert-auth"] if certificate else []
    with (folder / "etcd.log").open("ab") as log:
        process = subprocess.Popen([program, *words], stdout=log, stderr=log)
    try:
        until_true(lambda: _is_healthy(url, certificate), "etcd answers", within=30)
        yield process
    finally:
        process.kill()
        process.wait(10)


def _is_healthy(url: str, certificate: Path | None) -> bool:
    context = ssl.create_default_context(cafile=certificate)
    if certificate is not None:
        context.load_cert_chain(certificate)
    try:
        return "true" in httpx.get(f"{url}/health", timeout=2, verify=context).text
    except httpx.TransportError:
        return False


class Shop:
    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.settings = {
            "RUSHCART_ETCD_ENDPOINTS": f"http://127.0.0.1:9, http://127.0.0.1:{port}/",
            "RUSHCART_ETCD_TTL": "3",
        }

    def start(self, exits: ExitStack, valkey: str, number: int, word: str = "serve", **more: str) -> Running:
        settings = self.settings | {"RUSHCART_REDIS_URL": valkey, "RUSHCART_LOG_FORMAT": "json"} | more
        words = word.split()
        place = self.home.with_name(f"{words[0]}-{number}")
        settings["RUSHCART_HOME"] = str(self.home)
        process = exits.enter_context(Running(place, words=words, settings=settings))
        process.says(f'"{words[0]}.started"')
        return process

    def watched(self, exits: ExitStack, form: str, file: Path) -> Running:
        """``instances --watch`` in a process of its own: who waits looks at its file, and starts no commands."""
        words = ("instances", "--watch", "--format", form, "--output", str(file))
        return exits.enter_context(Running(file.with_suffix(".watch"), words=words, settings=self.settings))

    def listed(self) -> list[dict[str, Any]]:
        ended = rushcart(self.home, "instances", "--json", **self.settings)
        assert ended.returncode == 0, ended.stderr
        return [json.loads(line) for line in ended.stdout.splitlines()]


def url_of(process: Running, event: str = "serve.started") -> str:
    [url] = [json.loads(line)["url"] for line in process.err.splitlines() if f'"{event}"' in line]
    return str(url)


def ready_in(listed: Path) -> dict[str, bool]:
    """Of each address in a list of JSON whether it is ready; none before it is written."""
    lines = listed.read_text().splitlines() if listed.exists() else []
    return {one["url"]: one["ready"] for one in map(json.loads, lines)}


def servers_in(upstream: Path) -> set[str]:
    """The addresses in a list for nginx; none before it is written."""
    lines = upstream.read_text().splitlines() if upstream.exists() else []
    return {f"http://{line.removeprefix('server ').removesuffix(';')}" for line in lines}


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
        first, second = (shop.start(exits, valkey, number) for number in (1, 2))
        urls = {url_of(first), url_of(second)}
        listed, upstream = tmp_path / "listed.json", tmp_path / "upstream.conf"
        watches = [shop.watched(exits, "json", listed), shop.watched(exits, "nginx", upstream)]
        until_true(lambda: ready_in(listed) == dict.fromkeys(urls, True), "both are ready", within=20)
        assert {one["url"] for one in shop.listed()} == urls
        assert all(one["version"] and one["pid"] for one in shop.listed())
        until_true(lambda: servers_in(upstream) == urls, "both are in nginx's list", within=20)
        # One that ends says so at once; one that dies is gone with its lease.
        assert first.told(signal.SIGTERM) == 0
        assert [one["url"] for one in shop.listed()] == [url_of(second)]
        until_true(lambda: servers_in(upstream) == {url_of(second)}, "nginx's list has the other", within=20)
        assert [(watch.out, watch.err) for watch in watches] == [("", "")] * 2
        second.kill()
        until_true(lambda: ready_in(listed) == {}, "its lease has ended", within=10)
        assert shop.listed() == []
        # While etcd is away APIs serve, and are there again when it is back.
        third = shop.start(exits, valkey, 3, RUSHCART_METRICS_TOKEN="a token")
        until_true(lambda: ready_in(listed) == {url_of(third): True}, "the third is there", within=20)
        until_true(lambda: servers_in(upstream) == {url_of(third)}, "nginx's list has it", within=20)
        _workers_are_listed_too(shop, third, valkey)
        _those_of_an_area_too(shop, third, valkey)
        assert servers_in(upstream) == {url_of(third)}
        running.kill()
        running.wait(10)
        third.says('"discovery.etcd_away"')
        assert httpx.get(f"{url_of(third)}/readyz").status_code == 200
        assert rushcart(home, "instances", **shop.settings).returncode == 1
        until_true(lambda: for_prometheus(third).status_code == 503, "there is no list", within=10)
        exits.enter_context(etcd(tmp_path, port))
        third.says('"discovery.back"')
        until_true(lambda: [one["url"] for one in shop.listed()] == [url_of(third)], "it is back", within=20)


def for_prometheus(api: Running, token: str = "a token") -> httpx.Response:
    return httpx.get(f"{url_of(api)}/instances", headers={"authorization": f"Bearer {token}"}, timeout=10)


def _workers_are_listed_too(shop: Shop, api: Running, valkey: str) -> None:
    advertised = {"RUSHCART_METRICS_PORT": "0", "RUSHCART_ADVERTISE_URL": "https://localhost:9"}
    with ExitStack() as exits:
        worker = shop.start(exits, valkey, 1, "worker", **advertised)
        scheduler = shop.start(exits, valkey, 1, "scheduler")

        def kinds() -> dict[str, str]:
            return {one["kind"]: one["url"] for one in shop.listed() if one["ready"]}

        until_true(lambda: len(kinds()) == 3, "all are there", within=20)
        of_worker = url_of(worker, "metrics.served").replace("127.0.0.1", "localhost")
        assert kinds() == {"api": url_of(api), "worker": of_worker, "scheduler": ""}
        targets = {"api": url_of(api), "worker": of_worker}

        def told() -> dict[str, str]:
            reply = for_prometheus(api)
            assert (reply.headers["content-type"], reply.headers["cache-control"]) == (
                "application/json",
                "no-store",
            )
            return {one["labels"]["kind"]: f"http://{one['targets'][0]}" for one in reply.json()}

        until_true(lambda: told() == targets, "Prometheus is told of both", within=10)
        assert for_prometheus(api, "another").status_code == 401
        assert (worker.told(signal.SIGTERM), scheduler.told(signal.SIGTERM)) == (0, 0)
        assert set(kinds()) == {"api"}


def _those_of_an_area_too(shop: Shop, api: Running, valkey: str) -> None:
    """Two processes at one address are one instance."""

    def hot() -> list[dict[str, Any]]:
        return [one for one in shop.listed() if one["kind"] == "flash" and one["ready"]]

    def upstream(*area: str) -> set[str]:
        shown = rushcart(shop.home, "instances", "--format", "nginx", *area, **shop.settings).stdout
        return {f"http://{line.removeprefix('server ').removesuffix(';')}" for line in shown.splitlines()}

    assert upstream("--area", "flash") == {url_of(api)}
    with ExitStack() as exits:
        flash = shop.start(exits, valkey, 4, "serve --areas flash --workers 2")
        until_true(lambda: len(hot()) == 1, "it is there", within=20)
        [before] = hot()
        assert (upstream("--area", "flash"), upstream()) == ({before["url"]}, {url_of(api)})
        assert httpx.post(f"{before['url']}/graphql", json={"query": "{ shop { name } }"}).status_code == 421
        assert flash.told(signal.SIGTERM) == 0
        assert hot() == []


def test_an_etcd_that_asks_who_it_is(tmp_path: Path) -> None:
    port = free_port()
    shop = Shop(tmp_path / "home", port)
    with etcd(tmp_path, port):
        for method, body in (
            ("auth/user/add", {"name": "root", "password": "of etcd"}),
            ("auth/role/add", {"name": "root"}),
            ("auth/user/grant", {"user": "root", "role": "root"}),
            ("auth/enable", {}),
        ):
            assert httpx.post(f"http://127.0.0.1:{port}/v3/{method}", json=body).is_success
        assert rushcart(shop.home, "instances", **shop.settings).returncode == 1
        known = shop.settings | {"RUSHCART_ETCD_USER": "root", "RUSHCART_ETCD_PASSWORD": "of etcd"}
        assert rushcart(shop.home, "instances", **known).returncode == 0
        refused = rushcart(shop.home, "instances", **{**known, "RUSHCART_ETCD_PASSWORD": "another"})
        assert (refused.returncode, "another" in refused.stderr) == (1, False)


def test_an_etcd_that_wants_a_certificate(tmp_path: Path) -> None:
    port, own = free_port(), str(self_signed(tmp_path / "own.pem"))
    shop = Shop(tmp_path / "home", port)
    with etcd(tmp_path, port, Path(own)):
        known = {"RUSHCART_ETCD_ENDPOINTS": f"https://127.0.0.1:{port}", "RUSHCART_ETCD_CA_FILE": own}
        assert rushcart(shop.home, "instances", **known).returncode == 1
        known |= {"RUSHCART_ETCD_CERTIFICATE": own, "RUSHCART_ETCD_KEY": own}
        assert rushcart(shop.home, "instances", **known).returncode == 0
        bad = rushcart(shop.home, "instances", **{**known, "RUSHCART_ETCD_KEY": str(tmp_path / "none.pem")})
        assert (bad.returncode, "RUSHCART_ETCD_" in bad.stderr, "Traceback" in bad.stderr) == (2, True, False)


def test_without_etcd_there_is_no_list(tmp_path: Path) -> None:
    ended = rushcart(tmp_path, "instances")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "RUSHCART_ETCD_ENDPOINTS" in ended.stderr
