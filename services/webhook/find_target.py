"""Which address a webhook may be sent to: the one that is looked at is the one that is connected to."""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from settings import Settings


class NoAddress(Exception):
    """There is none, or it is not one that may be sent to. The message is for the endpoint's owner."""


@dataclass(frozen=True, slots=True)
class Target:
    """``url`` names the address; ``host`` is what the URL called it, for the Host header and TLS."""

    url: str
    host: str
    name: str


async def find_target(url: str, settings: Settings) -> Target:
    """Errors: NoAddress."""
    parts = urlsplit(url)
    name = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NoAddress("the host has no address") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.webhooks_allow_private and not all(_is_public(address) for address in addresses):
        raise NoAddress("the host is in a private network")
    return Target(_at(parts, addresses[0], port), parts.netloc, name)


def _is_public(address: str) -> bool:
    """Also of an IPv4 address within an IPv6 one."""
    found = ip_address(address.partition("%")[0])
    inner = getattr(found, "ipv4_mapped", None)
    return (inner or found).is_global and not (inner or found).is_multicast


def _at(parts: SplitResult, address: str, port: int) -> str:
    host = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{host}:{port}").geturl()
