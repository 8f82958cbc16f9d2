"""Which address a request is counted for: forwarded ones only from proxies that are named."""

from ipaddress import ip_network
from typing import Any

import pytest

from graphql_api.client_address import client_of

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def _scope(peer: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "client": (peer, 1234), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.1.1.1"], "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["2001:DB8::1"], "2001:db8::1"),
        ("fd00::1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["not an address"], "10.0.0.1"),
        ("10.0.0.1", ["10.2.2.2"], "10.0.0.1"),
        ("10.0.0.1", ["1," * 5000], "10.0.0.1"),
    ],
)
def test_the_last_address_that_is_no_proxy_counts(peer: str, forwarded: list[str], expected: str) -> None:
    assert client_of(_scope(peer, *forwarded), None, PROXIES).ip == expected
