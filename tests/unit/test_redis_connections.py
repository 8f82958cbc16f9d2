"""What making a connection to Redis costs before anything is sent."""

from importlib import metadata

import pytest

from infra.redis import RedisStore


def test_nothing_is_looked_up_on_the_disk_for_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    store = RedisStore("redis://127.0.0.1:1/0", timeout=1.0)
    looked: list[str] = []
    monkeypatch.setattr(metadata, "version", looked.append)
    for client in (store.client, store.blocking):
        client.connection_pool.make_connection()  # type: ignore[no-untyped-call]
    assert looked == []
