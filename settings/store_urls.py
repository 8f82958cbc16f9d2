"""Whether an address of a store can be one. Nothing of it is repeated in an error: it has a password in it."""

from typing import Final
from urllib.parse import SplitResult, parse_qs, urlsplit

_MYSQL: Final = frozenset({"mysql+asyncmy", "mariadb+asyncmy"})
_SQLITE: Final = "sqlite+aiosqlite"
_REDIS: Final = frozenset({"redis", "rediss"})
_CLUSTER: Final = frozenset({"redis+cluster", "rediss+cluster"})
_SENTINEL: Final = frozenset({"redis+sentinel", "rediss+sentinel"})


def check_database_url(url: str) -> str:
    """Returns the URL, checked. Errors: ValueError."""
    parts = _split(url)
    if parts is not None and parts.scheme == _SQLITE:
        return url
    if parts is None or parts.scheme not in _MYSQL or not _has_host(parts) or len(parts.path) < 2:
        raise ValueError("must be mysql+asyncmy://user:password@host:port/name")
    return url


def check_replica_url(url: str) -> str:
    """Returns the URL, checked: SQLite has no replicas. Errors: ValueError."""
    if url.startswith("sqlite"):
        raise ValueError("must be mysql+asyncmy://user:password@host:port/name")
    return check_database_url(url)


def check_redis_url(url: str) -> str:
    """Returns the URL, checked. Errors: ValueError."""
    parts = _split(url)
    if parts is not None and parts.scheme in _CLUSTER:
        if parts.path.strip("/0") or not all(map(_is_host, _hosts(parts))):
            raise ValueError("must be redis+cluster://user:password@host:port,host:port or rediss+cluster://…")
        return url
    if parts is not None and parts.scheme in _SENTINEL:
        name, _, number = parts.path.strip("/").partition("/")
        if not name or (number and not number.isdecimal()) or not all(map(_is_host, _hosts(parts))):
            raise ValueError(
                "must be redis+sentinel://user:password@host:port,host:port/name/0 or rediss+sentinel://…"
            )
        return url
    local = parts is not None and parts.scheme == "unix" and bool(parts.path)
    if not local and (parts is None or parts.scheme not in _REDIS or not parts.hostname):
        raise ValueError(
            "must be redis://:password@host:port/0, rediss://, redis+cluster://, redis+sentinel:// or unix://path?db=0"
        )
    return url


def _hosts(parts: SplitResult) -> list[str]:
    return parts.netloc.rpartition("@")[2].split(",")


def _is_host(text: str) -> bool:
    parts = _split(f"//{text}")
    return parts is not None and bool(parts.hostname)


def _has_host(parts: SplitResult) -> bool:
    return bool(parts.hostname or parse_qs(parts.query).get("unix_socket"))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        if "," in parts.netloc and parts.scheme in _CLUSTER | _SENTINEL:
            return parts
        return parts if parts.port != 0 else None
    except ValueError:  # of the port, or of an IPv6 address
        return None
