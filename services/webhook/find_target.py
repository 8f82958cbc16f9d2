"""Which address a webhook may be sent to: the one that is looked at is the one that is connected to."""

import asyncio
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from settings import Settings

_EMBEDDED: Final = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"), IPv6Network("::ffff:0:0:0/96"))
"""Before an IPv4 address: of NAT64 (RFC 6052), v4-compatible ones (RFC 4291), and SIIT (RFC 2765)."""
_OF_A_SITE: Final = (IPv6Network("64:ff9b:1::/48"), IPv6Network("fec0::/10"))
"""NAT64 within a site (RFC 8215), and what was site-local (RFC 3879): some Pythons take them for public."""


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
    """Tell whether it may be sent to, and so the IPv4 address that an IPv6 one stands for."""
    found = ip_address(address.partition("%")[0])
    if any(found in network for network in _OF_A_SITE):
        return False
    inner = _inner(found) if isinstance(found, IPv6Address) else None
    return (inner or found).is_global and not (inner or found).is_multicast


def _inner(address: IPv6Address) -> IPv4Address | None:
    """Returns where a gateway would send it to: of embedded, mapped, 6to4 and Teredo ones."""
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _EMBEDDED):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour


def _at(parts: SplitResult, address: str, port: int) -> str:
    host = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{host}:{port}").geturl()
