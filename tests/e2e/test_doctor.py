"""``rushcart doctor`` on a shop that is well, and on one that is not."""

import json
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from chaos.environment import variables
from infra.runtime import Infra
from services.doctor.tell_findings import tell_findings
from settings import Settings
from tests.e2e.running import rushcart


def findings(settings: Settings, **changes: str) -> tuple[int, list[dict[str, Any]]]:
    ended = rushcart(settings.home, "doctor", "--json", **variables(settings) | changes)
    assert ended.returncode in (0, 1), ended.stderr
    return ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()]


def bad(found: list[dict[str, Any]]) -> list[str]:
    return [f"{one['area']}: {one['what']}" for one in found if one["level"] == "wrong"]


async def test_a_shop_that_is_well(infra: Infra) -> None:
    code, found = findings(infra.settings, RUSHCART_PAYMENT_PROVIDERS="manual")
    assert (code, bad(found)) == (0, [])
    assert {one["area"] for one in found} == {"settings", "keys", "files", "database", "redis", "event log"}
    code, found = findings(infra.settings, RUSHCART_PAYMENT_PROVIDERS="sandbox")
    assert bool(code) == (not infra.settings.embedded)


async def test_redis_that_forgets_what_it_likes(infra: Infra) -> None:
    await infra.redis.client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        code, found = findings(infra.settings, RUSHCART_PAYMENT_PROVIDERS="manual")
        with capture_logs() as told:
            await tell_findings(infra)
    finally:
        await infra.redis.client.config_set("maxmemory-policy", "noeviction")
    assert code == 1
    assert bad(found) == ["redis: maxmemory-policy is allkeys-lru: counters of stock may be evicted"]
    # What processes say at their start is the same.
    [line] = [line for line in told if line["event"] == "doctor.wrong" and line["area"] == "redis"]
    assert bad([{**line, "level": "wrong"}]) == bad(found)
    assert line["log_level"] == "warning"


def test_nothing_answers(tmp_path: Path) -> None:
    nowhere = {
        "RUSHCART_DATABASE_URL": "mysql+asyncmy://me:secret@127.0.0.1:9/shop",
        "RUSHCART_REDIS_URL": "redis://127.0.0.1:9/0",
        "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    }
    ended = rushcart(tmp_path, "doctor", **nowhere)
    assert ended.returncode == 1
    for area in ("database", "redis", "event log"):
        assert f"✗ {area}: it does not answer" in ended.stdout
    assert "secret" not in ended.stdout + ended.stderr


def test_no_schema_yet(tmp_path: Path) -> None:
    ended = rushcart(tmp_path, "doctor")
    assert ended.returncode == 1
    assert "Run: rushcart db upgrade." in ended.stdout


def test_nobody_is_alive(tmp_path: Path) -> None:
    ended = rushcart(tmp_path, "health", "--port", "9")
    assert (ended.returncode, ended.stderr) == (1, "nothing answers on 9\n")
