"""The one place that says where a request comes from."""

from ipaddress import IPv6Address, ip_address

from starlette.types import Scope

from services.session.client import MAX_DEVICE, Client


def client_of(scope: Scope, user_agent: bytes | None) -> Client:
    """The peer of the connection, and what it calls itself."""
    peer = scope.get("client")
    return Client(_normal(peer[0]) if peer else "", _printable(user_agent) if user_agent else "")


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


def _printable(user_agent: bytes) -> str:
    text = user_agent[: 4 * MAX_DEVICE].decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable())[:MAX_DEVICE]
