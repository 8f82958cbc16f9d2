"""The one place that says where a request comes from, and how."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from services.shared.client import MAX_DEVICE, Client
from settings import Settings

_LONGEST = 2_000
_SCHEMES = ("http", "https", "ws", "wss")
_WITH_PORT = re.compile(r"\[([^\]]*)\](?::[0-9]+)?|([0-9.]+):[0-9]+")


Networks = Sequence[IPv4Network | IPv6Network]


def client_of(scope: Scope, user_agent: bytes | None, settings: Settings) -> Client:
    """Tell who sent the request, and what it calls itself.

    It is the peer of the connection; when that is a trusted proxy, the last address of X-Forwarded-For, or of
    Forwarded (RFC 7239) where the settings say so, that is none. What stands before it was written by whoever
    wanted to.
    """
    peer = scope.get("client")
    address = _normal(peer[0]) if peer else ""
    if settings.trusted_proxies and _is_in(address, settings.trusted_proxies):
        address = _forwarded(scope, settings) or address
    return _client(address, user_agent[: 4 * MAX_DEVICE] if user_agent else b"")


@lru_cache(maxsize=4096)
def _client(address: str, user_agent: bytes) -> Client:
    text = user_agent.decode("utf-8", "replace")
    return Client(address, "".join(char for char in text if char.isprintable())[:MAX_DEVICE])


def scheme_of(scope: Scope, settings: Settings) -> str:
    """Tell how the client came, e.g. ``https``: to us, or to the trusted proxy in front, which says so in
    X-Forwarded-Proto, or in Forwarded where the settings say so."""
    peer = scope.get("client")
    told = ""
    if settings.trusted_proxies and peer and _is_in(_normal(peer[0]), settings.trusted_proxies):
        told = _forwarded_scheme(scope, settings)
    return told if told in _SCHEMES else str(scope.get("scheme", "http"))


def _forwarded_scheme(scope: Scope, settings: Settings) -> str:
    """Returns what the nearest proxy says: what stands before that may be the client's."""
    is_list = settings.trusted_proxy_header != "forwarded"
    told = _told(scope, b"x-forwarded-proto" if is_list else b"forwarded")
    nearest = next(_from_the_right(told, ","))
    return (nearest if is_list else _said(nearest, "proto")).strip().lower()


def _forwarded(scope: Scope, settings: Settings) -> str:
    name = settings.trusted_proxy_header.encode()
    for hop in _hops(_told(scope, name), is_list=name != b"forwarded"):
        address = _normal(hop)
        if not address or not _is_in(address, settings.trusted_proxies):
            return address
    return ""


def _told(scope: Scope, name: bytes) -> str:
    """Returns the end of a header, all its lines together: what the nearest proxy wrote is there."""
    return b",".join(value for header, value in scope["headers"] if header == name)[-_LONGEST:].decode("latin-1")


def _hops(told: str, *, is_list: bool) -> Iterator[str]:
    """Yields the addresses, the nearest first.

    The farthest of a long header may be cut off in its middle, and is then none.
    """
    cut_off = len(told) == _LONGEST
    for part in _from_the_right(told, ",", keeps_last=not cut_off):
        yield part.strip() if is_list else _said(part, "for")


def _said(element: str, wanted: str) -> str:
    """Returns e.g. ``for`` of ``for="[2001:db8::1]:4711";proto=http``; "" when it is not said."""
    for pair in _from_the_right(element, ";"):
        name, _, value = pair.partition("=")
        if name.strip().lower() == wanted:
            return value.strip(' "')
    return ""


def _from_the_right(told: str, separator: str, *, keeps_last: bool = True) -> Iterator[str]:
    """Yields parts from the right, between separators that are not within quotes; one that a client left open
    swallows only its own."""
    end, quoted = len(told), False
    for place in range(len(told) - 1, -1, -1):
        if told[place] == '"':
            quoted = not quoted
        elif told[place] == separator and not quoted:
            yield told[place + 1 : end]
            end = place
    if keeps_last:
        yield told[:end]


def _is_in(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


@lru_cache(maxsize=4096)
def _normal(host: str) -> str:
    """Returns one spelling for each address, without a port; "" for what is none, e.g.

    the name of a test client.
    """
    if with_port := _WITH_PORT.fullmatch(host):
        host = with_port[1] or with_port[2] or ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
