"""The client of graphql-ws that docs/subscriptions.md shows, against a server that restarts."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.ports import free_port
from tests.documents import files_of
from tests.e2e.running import Running
from tests.neighbours.sdks import GRAPHQL_WS, npm_install
from tests.waiting import until_true

pytestmark = pytest.mark.timeout(600)
ITEM = "{ flashSales(status: [RUNNING]) { edges { node { items { id remaining } } } } }"


@contextmanager
def watching(folder: Path, node: str, url: str, item_id: str) -> Iterator[tuple[Path, Path]]:
    """Run the client; what it prints and what it says of its connection are in these files."""
    out, err = folder / "watch.out", folder / "watch.err"
    with out.open("w") as told, err.open("w") as said:
        client = subprocess.Popen([node, "watch.mjs", url, item_id], cwd=folder, stdout=told, stderr=said)
        try:
            yield out, err
            assert client.poll() is None, err.read_text()
        finally:
            client.kill()
            client.wait(10)


def test_it_goes_on_when_the_server_has_restarted(tmp_path: Path) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    node = npm_install(folder, *GRAPHQL_WS)
    (folder / "watch.mjs").write_text(files_of("subscriptions.md")["watch.mjs"])
    port = free_port()
    dev = {"home": tmp_path / "home", "settings": {"RUSHCART_PORT": str(port)}}
    with Running(**dev) as server:  # type: ignore[arg-type]
        ready = server.ready()
        item = ready.ask(ITEM)["flashSales"]["edges"][0]["node"]["items"][0]
        with watching(folder, node, ready.graphql.replace("http", "ws"), item["id"]) as (out, err):
            first = f'{{"remaining":{item["remaining"]}}}'
            until_true(lambda: out.read_text().splitlines() == [first], "the first value", within=20)
            assert server.told(signal.SIGTERM) == 0
            until_true(lambda: err.read_text().count("connecting again") >= 3, "it tries again", within=30)
            assert "closed 1012" in err.read_text()
            with Running(**dev) as again:  # type: ignore[arg-type]
                again.ready()
                until_true(lambda: len(out.read_text().splitlines()) >= 2, "it goes on", within=60)
                assert out.read_text().splitlines()[1] == first
