"""Where a request comes from."""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network

MAX_DEVICE = 200


@dataclass(frozen=True, slots=True)
class Client:
    """``device`` is what the client calls itself (User-Agent); ``ip`` is "" where there is none."""

    ip: str = ""
    device: str = ""

    @property
    def network(self) -> str:
        """What limits count: of IPv6 the /64, which is one customer's to choose addresses of (RFC 6177)."""
        return _network(self.ip) if ":" in self.ip else self.ip


@lru_cache(maxsize=4096)
def _network(ip: str) -> str:
    return str(ip_network((ip, 64), strict=False))


NOWHERE = Client()
