"""Slots of keys, and what a cluster's URL says."""

import pytest

from infra.redis_slots import key_of, read_slots, seeds_of, slot_of, tag_of


@pytest.mark.parametrize(
    ("key", "slot"),
    [
        # Of the Redis Cluster Specification, and as CLUSTER KEYSLOT counts them.
        ("123456789", 0x31C3),
        ("{user1000}.following", slot_of("user1000")),
        ("foo{}{bar}", 8363),
        ("foo{{bar}}zap", slot_of("{bar")),
        ("foo{bar}{zap}", slot_of("bar")),
        (b"\xff{a}", slot_of("a")),
        ("{unclosed", slot_of(b"{unclosed")),
    ],
)
def test_the_slot_of_a_key(key: str | bytes, slot: int) -> None:
    assert slot_of(key) == slot


def test_the_key_of_a_command() -> None:
    assert key_of(("SET", "a", "1")) == "a"
    assert key_of(("EVALSHA", "sha", 2, "a", "b", "argument")) == "a"


def test_a_tag_is_of_a_slot_that_is_there() -> None:
    ranges = [(0, 100), (16_000, 16_383)]
    assert any(first <= slot_of(tag_of(ranges)) <= last for first, last in ranges)


def test_a_server_that_does_not_know_its_address_is_where_it_was_asked() -> None:
    reply = [[0, 1, [b"", 7000, b"id"]], [2, 3, [b"10.0.0.2", 7001, b"id"], [b"10.0.0.3", 7002, b"id"]]]
    found = [(one.first, one.last, one.primary) for one in read_slots(reply, ("10.0.0.9", 1))]
    assert found == [(0, 1, ("10.0.0.9", 7000)), (2, 3, ("10.0.0.2", 7001))]


def test_the_seeds_of_a_url() -> None:
    found = list(seeds_of("rediss+cluster://me:p%40ss@one:7000,[::1]:7001,three?ssl_ca_certs=ca.pem"))
    assert found == [
        (("one", 7000), "rediss://me:p%40ss@one:7000?ssl_ca_certs=ca.pem"),
        (("::1", 7001), "rediss://me:p%40ss@[::1]:7001?ssl_ca_certs=ca.pem"),
        (("three", 6379), "rediss://me:p%40ss@three:6379?ssl_ca_certs=ca.pem"),
    ]
