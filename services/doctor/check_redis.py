"""Redis: version, what it does when memory is full, and whether it remembers after a restart."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from redis.exceptions import ResponseError

from infra.redis import RedisStore
from infra.runtime import Infra
from services.doctor.check_clock import check_clock
from services.doctor.finding import Finding, doubtful, good, version_of, wrong

_AREA: Final = "redis"
_FULL: Final = 0.8
_MOST_LAG: Final = 5


async def check_redis(infra: Infra) -> list[Finding]:
    """Errors: StoreUnavailable."""
    found = await asyncio.gather(*(_check(infra, server) for server in infra.redis.servers()))
    return list(dict.fromkeys(finding for findings in found for finding in findings))


async def _check(infra: Infra, server: RedisStore) -> list[Finding]:
    client = server.client
    async with server.guard():
        info: dict[str, Any] = await client.info()
        seconds, micros = await client.time()
        with suppress(ResponseError):  # where it is somebody else's to configure
            info.update((str(name), value) for name, value in (await client.config_get("min-replicas-*")).items())
    now = datetime.fromtimestamp(seconds + micros / 1e6, UTC)
    info["rushcart_reaches_all"] = infra.redis.is_cluster
    return [*judge_redis(info), check_clock(_AREA, now, infra.now())]


def judge_redis(info: dict[str, Any]) -> list[Finding]:
    """Returns what is wrong with Redis. ``info``: what INFO says, with what CONFIG GET does of min-replicas-*."""
    return [*_version(info), *_mode(info), *_role(info), *_replicas(info), *_memory(info), *_persistence(info)]


def _version(info: dict[str, Any]) -> Iterator[Finding]:
    is_valkey = "valkey_version" in info
    version = str(info.get("valkey_version") or info.get("redis_version"))
    name, oldest = ("Valkey", (8, 0)) if is_valkey else ("Redis", (7, 0))
    if version_of(version) < oldest:
        yield wrong(_AREA, f"{name} {version} is too old", f"Rushcart needs {name} {oldest[0]} or newer.")
    else:
        yield good(_AREA, f"{name} {version}, {_mode_of(info)}")


def _mode_of(info: dict[str, Any]) -> str:
    return str(info.get("server_mode") or info.get("redis_mode", "standalone"))


def _mode(info: dict[str, Any]) -> Iterator[Finding]:
    if _mode_of(info) == "cluster" and not info.get("rushcart_reaches_all"):
        yield wrong(_AREA, "it is one of a cluster", "Begin RUSHCART_REDIS_URL with redis+cluster://.")


def _role(info: dict[str, Any]) -> Iterator[Finding]:
    if info.get("role") == "slave":
        yield wrong(_AREA, "it is a replica, which takes no writes", "Let RUSHCART_REDIS_URL lead to the primary.")


def _replicas(info: dict[str, Any]) -> Iterator[Finding]:
    """A primary that its replicas have left must stop, or it takes orders that nobody else knows of."""
    if not int(info.get("connected_slaves", 0)) or "min-replicas-to-write" not in info:
        return
    fewest, lag = int(info["min-replicas-to-write"]), int(info["min-replicas-max-lag"])
    if fewest and 0 < lag <= _MOST_LAG:
        yield good(_AREA, f"it stops {lag} s after the last of {fewest} replicas has left it")
        return
    yield doubtful(
        _AREA, "cut off from its replicas it goes on while another takes its place",
        f"Set min-replicas-to-write to 1, and min-replicas-max-lag to {_MOST_LAG} at most.",
    )  # fmt: skip


def _memory(info: dict[str, Any]) -> Iterator[Finding]:
    policy = str(info.get("maxmemory_policy", ""))
    if policy == "noeviction":
        yield good(_AREA, "it evicts nothing")
    else:
        yield wrong(
            _AREA, f"maxmemory-policy is {policy}: counters of stock may be evicted",
            "Set maxmemory-policy to noeviction.",
        )  # fmt: skip
    most, used = int(info.get("maxmemory", 0)), int(info.get("used_memory", 0))
    if most and used > _FULL * most:
        yield doubtful(_AREA, f"{used / most:.0%} of its memory is used", "Give it more (maxmemory).")


def _persistence(info: dict[str, Any]) -> Iterator[Finding]:
    if int(info.get("aof_enabled", 0)):
        yield good(_AREA, "it writes what it is told to a log (appendonly)")
        return
    yield doubtful(
        _AREA, "it forgets when it is restarted: flash orders wait until counters are back from the database",
        "Set appendonly to yes, and appendfsync to everysec.",
    )  # fmt: skip
