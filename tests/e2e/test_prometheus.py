"""A real Prometheus scrapes the real processes, with our rules."""

import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from chaos.environment import variables
from infra.ports import free_port
from settings import Settings
from tests.deb_program import installed
from tests.e2e.running import ROOT, RUSHCART, Running, rushcart
from tests.modes import empty_stack
from tests.waiting import until

pytestmark = pytest.mark.timeout(300)
RULES: Final = ROOT / "deploy" / "prometheus"


@pytest.fixture(scope="module")
def prometheus() -> str:
    return installed("prometheus", "prometheus")


def test_the_rules_do_what_they_say(prometheus: str) -> None:
    for arguments in (
        ("check", "config", str(RULES / "prometheus.yml")),
        ("check", "rules", str(RULES / "alerts.yml")),
        ("test", "rules", str(RULES / "alerts_test.yml")),
    ):
        told = subprocess.run(
            [str(Path(prometheus).with_name("promtool")), *arguments], capture_output=True, text=True, check=False
        )
        assert told.returncode == 0, told.stdout + told.stderr


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Settings]:
    async with empty_stack(tmp_path / "home") as settings:
        assert rushcart(settings.home, "db", "upgrade", **variables(settings)).returncode == 0
        yield settings


def start(settings: Settings, exits: ExitStack, *command: str) -> Running:
    """It serves its metrics on a port of its own."""
    home = settings.home.with_name(f"{settings.home.name}-{command[0]}")
    given = variables(settings) | {"RUSHCART_METRICS_PORT": "0"}
    # Processes that share their metrics must know before anything is imported.
    whole = (*RUSHCART, *command) if "--workers" in command else ()
    process = exits.enter_context(Running(home, words=command, command=whole, settings=given))
    process.says(f'"{command[0]}.started"')
    return process


def port_in(process: Running, event: str) -> str:
    line = next(line for line in process.err.splitlines() if f'"{event}"' in line)
    return line.partition("http://")[2].partition('"')[0]


@contextmanager
def scraping(program: str, folder: Path, jobs: dict[str, str]) -> Iterator[str]:
    """With our rules. Its address."""
    targets = "\n".join(
        f"  - {{job_name: {job}, static_configs: [{{targets: ['{target}']}}]}}" for job, target in jobs.items()
    )
    config = folder / "prometheus.yml"
    config.write_text(
        f"global: {{scrape_interval: 500ms, evaluation_interval: 1s}}\n"
        f"rule_files: ['{RULES / 'alerts.yml'}']\nscrape_configs:\n{targets}\n"
    )
    port = free_port()
    with (folder / "prometheus.log").open("w") as log:
        options = (f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}")
        process = subprocess.Popen(
            [program, *options, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log
        )
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


async def ask(http: httpx.AsyncClient, query: str) -> list[dict[str, Any]]:
    try:
        answer = await http.get("/api/v1/query", params={"query": query})
    except httpx.TransportError:
        return []
    return list(answer.json()["data"]["result"]) if answer.status_code == 200 else []


@pytest.mark.stack
async def test_every_process_is_scraped(prometheus: str, shop: Settings, tmp_path: Path) -> None:
    """Two API processes share a socket: whoever answers tells of both."""
    with ExitStack() as exits:
        serve = start(shop, exits, "serve", "--workers", "2")
        worker, scheduler = start(shop, exits, "worker"), start(shop, exits, "scheduler")
        jobs = {
            "rushcart-api": port_in(serve, "serve.started"),
            "rushcart-worker": port_in(worker, "metrics.served"),
            "rushcart-scheduler": port_in(scheduler, "metrics.served"),
        }
        async with httpx.AsyncClient() as client:
            for _ in range(40):  # each on a connection of its own, for either process to get some
                async with httpx.AsyncClient(base_url=f"http://{jobs['rushcart-api']}") as one:
                    assert (await one.post("/graphql", json={"query": "{ me { id } }"})).status_code == 200
            for address in (jobs["rushcart-worker"], jobs["rushcart-scheduler"]):
                assert (await client.get(f"http://{address}/healthz")).json() == {"status": "alive"}
        url = exits.enter_context(scraping(prometheus, tmp_path, jobs))
        async with httpx.AsyncClient(base_url=url) as http:
            up = await until(lambda: ask(http, "up == 1"), lambda seen: len(seen) == 3, within=30)
            assert {one["metric"]["job"] for one in up} == set(jobs)
            [counted] = await until(lambda: ask(http, 'rushcart_requests_total{operation="me"}'), bool, within=30)
            assert counted["value"][1] == "40"
            await until(lambda: ask(http, "rushcart_stock_reconciled_timestamp_seconds > 0"), bool, within=60)
            rules = (await http.get("/api/v1/rules")).json()["data"]["groups"][0]["rules"]
            assert len(rules) == (RULES / "alerts.yml").read_text().count("alert: ")
            assert [rule["lastError"] for rule in rules if "lastError" in rule] == []
            assert serve.told(signal.SIGTERM) == 0
            firing = 'ALERTS{alertname="RushcartDown", job="rushcart-api"}'
            [alert] = await until(lambda: ask(http, firing), bool, within=30)
            assert alert["metric"]["alertstate"] == "pending"
