"""The one place that says where a request comes from."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from services.shared.client import MAX_DEVICE, Client

_LONGEST = 2_000


Networks = Sequence[IPv4Network | IPv6Network]


def client_of(scope: Scope, user_agent: bytes | None, trusted: Networks = ()) -> Client:
    """Who sent the request, and what it calls itself.

    The peer of the connection; when that is a trusted proxy, the last address of X-Forwarded-For that is none.
    What stands before it was written by whoever wanted to.
    """
    peer = scope.get("client")
    address = _normal(peer[0]) if peer else ""
    if trusted and _is_in(address, trusted):
        address = _forwarded(scope, trusted) or address
    return Client(address, _printable(user_agent[: 4 * MAX_DEVICE]) if user_agent else "")


def _forwarded(scope: Scope, trusted: Networks) -> str:
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    hops = b",".join(values)[:_LONGEST].decode("latin-1").split(",")
    for hop in reversed(hops):
        address = _normal(hop.strip())
        if not address or not _is_in(address, trusted):
            return address
    return ""


def _is_in(address: str, networks: Networks) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


@lru_cache(maxsize=4096)
def _normal(host: str) -> str:
    """One spelling for each address; "" for what is none, e.g. the name of a test client."""
    if ":" not in host:
        return host if host.replace(".", "").isdigit() else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


@lru_cache(maxsize=1024)
def _printable(user_agent: bytes) -> str:
    text = user_agent.decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable())[:MAX_DEVICE]
