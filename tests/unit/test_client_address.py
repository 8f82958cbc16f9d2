"""Which address a request is counted for: forwarded ones only from proxies that are named."""

from ipaddress import ip_network
from typing import Any

import pytest

from graphql_api.client_address import client_of
from services.shared.client import Client
from settings import Settings

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
        # However much a client writes before it, what the proxy put behind is read.
        ("10.0.0.1", ["6.6.6.6, " * 1000 + "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ['"6.6.6.6, 198.51.100.1'], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::1]:4711, 10.1.1.1:80"], "2001:db8::1"),
        ("10.0.0.1", ["1.2.3"], "10.0.0.1"),
    ],
)
def test_the_last_address_that_is_no_proxy_counts(peer: str, forwarded: list[str], expected: str) -> None:
    assert client_of(_scope(peer, *forwarded), None, Settings(trusted_proxies=PROXIES)).ip == expected


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (["for=198.51.100.1;proto=https"], "198.51.100.1"),
        (['proto=http;For="[2001:DB8::1]:4711"'], "2001:db8::1"),
        (["for=6.6.6.6, for=198.51.100.1, for=10.1.1.1;by=10.0.0.1"], "198.51.100.1"),
        (["for=6.6.6.6", "for=198.51.100.1"], "198.51.100.1"),
        # What a client wrote is within quotes, or left them open.
        (['for=198.51.100.1;host="x;for=6.6.6.6"'], "198.51.100.1"),
        (['for="6.6.6.6, for=198.51.100.1'], "198.51.100.1"),
        (["for=6.6.6.6, proto=https"], "10.0.0.1"),
        (["for=unknown"], "10.0.0.1"),
        (["for=_hidden"], "10.0.0.1"),
    ],
)
def test_forwarded_is_read_where_the_settings_say_so(forwarded: list[str], expected: str) -> None:
    scope = _scope("10.0.0.1", "6.6.6.6")
    scope["headers"] += [(b"forwarded", value.encode()) for value in forwarded]
    by_it = Settings(trusted_proxies=PROXIES, trusted_proxy_header="forwarded")
    assert client_of(scope, None, by_it).ip == expected
    assert client_of(scope, None, Settings(trusted_proxies=PROXIES)).ip == "6.6.6.6"


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_limits_count_a_network_of_ipv6_as_one(ip: str, network: str) -> None:
    assert Client(ip).network == network
