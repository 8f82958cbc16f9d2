"""Which names a library's instrumentation is told to use."""

import os

import pytest

from infra.telemetry.conventions import prefer_stable_names, redis_attributes

_NAME = "OTEL_SEMCONV_STABILITY_OPT_IN"


def test_stable_names_are_the_default_and_the_operators_word_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_NAME, "database/dup")
    prefer_stable_names()
    assert os.environ[_NAME] == "database/dup"
    monkeypatch.delenv(_NAME)
    prefer_stable_names()
    assert os.environ[_NAME] == "http,database"


def test_redis_is_told_of_by_host_and_port_or_by_its_socket() -> None:
    redis = {"db.system.name": "redis", "peer.service": "redis", "service.peer.name": "redis"}
    assert redis_attributes({"host": "r1", "port": 6380, "db": 3}) == redis | {
        "db.namespace": "3",
        "server.address": "r1",
        "server.port": 6380,
    }
    assert redis_attributes({"path": "/run/r.sock", "db": None}) == redis | {
        "db.namespace": "0",
        "server.address": "/run/r.sock",
    }
