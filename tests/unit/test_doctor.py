"""What the doctor thinks of what stores tell of themselves."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from infra.eventlog.kafka_state import topic_of
from services.doctor.check_clock import check_clock
from services.doctor.check_database import judge_variables, judge_version
from services.doctor.check_event_log import judge_in_sync
from services.doctor.check_keys import check_keys
from services.doctor.check_open_files import judge_open_files
from services.doctor.check_redis import judge_redis
from services.doctor.check_settings import check_settings
from services.doctor.finding import Finding, Level
from settings import Settings

RIGHT = {"sql_mode": "STRICT_TRANS_TABLES,NO_ZERO_DATE", "innodb_flush_log_at_trx_commit": "1", "log_bin": "OFF"}
INFO: dict[str, Any] = {"redis_version": "7.4.1", "maxmemory_policy": "noeviction", "aof_enabled": 1}
STACK: dict[str, Any] = {
    "database_url": SecretStr("mysql+asyncmy://a:b@c/d"),
    "redis_url": SecretStr("redis://r:6379/0"),
    "kafka_bootstrap_servers": "k:9092",
    "signing_key": SecretStr("x"),
    "smtp_url": SecretStr("smtp://mail:25"),
    "storefront_url": "https://shop.example",
    "metrics_token": SecretStr("x"),
    "public_url": "https://api.shop.example",
    "trusted_proxies": (ip_network("10.0.0.0/8"),),
}


def levels(found: list[Finding]) -> set[Level]:
    assert all(bool(finding.mend) != (finding.level == Level.GOOD) for finding in found)
    return {finding.level for finding in found} - {Level.GOOD}


_STOPS: Final = {"min-replicas-to-write": "1", "min-replicas-max-lag": "2"}


@pytest.mark.parametrize(
    ("version", "expected"),
    [("8.0.36", set()), ("9.7.0", set()), ("10.11.6-MariaDB-log", set()), ("5.7.44", {Level.WRONG}),
     ("10.6.1-MariaDB", {Level.WRONG}), ("nonsense", {Level.WRONG})],
)  # fmt: skip
def test_versions_of_databases(version: str, expected: set[Level]) -> None:
    assert levels(list(judge_version(version))) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"sql_mode": ""}, {Level.WRONG}),
        ({"innodb_flush_log_at_trx_commit": "2"}, {Level.WRONG}),
        ({"log_bin": "ON", "sync_binlog": "0"}, {Level.DOUBTFUL}),
        ({"log_bin": "ON", "sync_binlog": "1"}, set()),
        ({"read_only": "ON"}, {Level.WRONG}),
        ({"read_only": "OFF"}, set()),
    ],
)
def test_variables_of_a_database(change: dict[str, str], expected: set[Level]) -> None:
    assert levels(list(judge_variables(RIGHT | change))) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"valkey_version": "8.0.1", "redis_version": "7.2.4"}, set()),
        ({"redis_version": "6.2.0"}, {Level.WRONG}),
        ({"maxmemory_policy": "allkeys-lru"}, {Level.WRONG}),
        ({"aof_enabled": 0}, {Level.DOUBTFUL}),
        ({"role": "slave"}, {Level.WRONG}),
        ({"maxmemory": 100, "used_memory": 90}, {Level.DOUBTFUL}),
        ({"redis_mode": "cluster"}, {Level.WRONG}),
        ({"redis_mode": "cluster", "rushcart_reaches_all": True}, set()),
        ({"connected_slaves": 1}, set()),  # nobody may ask what is configured
        ({"connected_slaves": 1, **_STOPS, "min-replicas-to-write": "0"}, {Level.DOUBTFUL}),
        ({"connected_slaves": 1, **_STOPS, "min-replicas-max-lag": "10"}, {Level.DOUBTFUL}),
        ({"connected_slaves": 1, **_STOPS}, set()),
        ({"connected_slaves": 0, **_STOPS, "min-replicas-to-write": "0"}, set()),
    ],
)
def test_what_redis_says(change: dict[str, Any], expected: set[Level]) -> None:
    assert levels(judge_redis(INFO | change)) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(0, set()), (-2, {Level.DOUBTFUL}), (9, {Level.WRONG})])
def test_clocks(seconds: float, expected: set[Level]) -> None:
    now = datetime.now(UTC)
    assert levels([check_clock("x", now + timedelta(seconds=seconds), now)]) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, set()),
        ({"payment_providers": ("sandbox",)}, {Level.WRONG}),
        ({"smtp_url": None}, {Level.DOUBTFUL}),
        ({"storefront_url": "http://localhost:3000"}, {Level.DOUBTFUL}),
        ({"signing_key": None}, {Level.DOUBTFUL}),
        ({"metrics_token": None}, {Level.DOUBTFUL}),
        ({"database_url": None}, {Level.DOUBTFUL}),
    ],
)
def test_settings_together(change: dict[str, Any], expected: set[Level]) -> None:
    assert levels(list(check_settings(Settings(**STACK | change)))) == expected
    assert levels(list(check_settings(Settings()))) == set()


def test_files_that_may_be_open() -> None:
    assert judge_open_files(20_000, Settings()).level == Level.GOOD
    few = judge_open_files(1_024, Settings())
    assert few.level == Level.DOUBTFUL
    assert few.what == "a process may open 1,024: an API keeps up to 824 connections of clients"


def test_keys(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert levels(list(check_keys(settings))) == set()
    assert not list(tmp_path.iterdir())
    bad = Settings(home=tmp_path, signing_key=SecretStr("no key"))
    [finding] = check_keys(bad)
    assert finding.level == Level.WRONG
    assert "no key" not in finding.what + finding.mend


def test_brokers_that_are_behind_keep_others_from_being_stopped() -> None:
    whole = {"replicas": [1, 2, 3], "isr": [3, 1, 2]}
    lacking = [{"replicas": [1, 2, 3], "isr": [1, 3]}, {"replicas": [3, 1, 2], "isr": [3]}]
    orders, payments = topic_of([whole, *lacking], 2), topic_of([whole], 2)
    assert (orders.partitions, orders.replication, orders.lacking) == (3, 3, 2)
    assert orders.behind == {1, 2}
    found = judge_in_sync([orders, payments])
    assert levels([found]) == {Level.WRONG}
    assert found.what == "2 partitions are not in sync on all of their brokers: 1, 2 is away or behind"
    assert levels([judge_in_sync([payments])]) == set()
