"""Which slot of a Redis Cluster a key is in, and which server has it (Redis Cluster Specification)."""

from binascii import crc_hqx
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit, urlunsplit

from infra.redis_batch import Argument, Command

SLOTS: Final = 16_384

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class SlotRange:
    """Both ends are in it."""

    first: int
    last: int
    primary: Address


def slot_of(key: Argument) -> int:
    """Returns the slot; of a key with a {hash tag} that of what is between the first braces."""
    raw = key.encode() if isinstance(key, str) else key if isinstance(key, bytes) else str(key).encode()
    start = raw.find(b"{")
    if start >= 0:
        end = raw.find(b"}", start + 1)
        if end > start + 1:
            raw = raw[start + 1 : end]
    return crc_hqx(raw, 0) % SLOTS


def key_of(command: Command) -> Argument:
    """Returns the first key of a command that has one; the others must be of the same slot."""
    return command[3] if command[0] == "EVALSHA" else command[1]


def tag_of(ranges: list[tuple[int, int]]) -> str:
    """Returns the first number whose slot is in one of these ranges: a hash tag for what is a server's own."""
    number = 0
    while not any(first <= slot_of(str(number)) <= last for first, last in ranges):
        number += 1
    return str(number)


def read_slots(reply: list[Any], asked: Address) -> list[SlotRange]:
    """Read a reply to CLUSTER SLOTS. A server that does not know its own address is where it was asked."""
    return [
        SlotRange(int(first), int(last), (primary[0].decode() if primary[0] else asked[0], int(primary[1])))
        for first, last, primary, *_ in reply
    ]


def seeds_of(dsn: str, default_port: int = 6379) -> Iterator[tuple[Address, str]]:
    """Yields the addresses in ``redis+cluster://user:password@host:port,host:port``, and each one's own URL."""
    parts = urlsplit(dsn)
    user, at, hosts = parts.netloc.rpartition("@")
    for host in hosts.split(","):
        found = urlsplit(f"//{host}")
        assert found.hostname is not None
        address = (found.hostname, found.port or default_port)
        yield address, url_at(parts, f"{user}{at}", address)


def url_at(parts: SplitResult, user: str, address: Address) -> str:
    """Returns the URL of one server: ``user`` is what comes before its host."""
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return urlunsplit((parts.scheme.partition("+")[0], f"{user}{host}:{address[1]}", "", parts.query, ""))
