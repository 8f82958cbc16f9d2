"""The embedded mode's stores: one Valkey a home, started by who comes first and found by the others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from infra.embedded_valkey import EmbeddedValkey
from infra.home import make_home
from settings import Settings
from settings.errors import BadSetting


@contextmanager
def own_valkey(settings: Settings) -> Iterator[Settings]:
    """Start the home's Valkey for the block, unless the settings name a Redis.

    Errors: EmbeddedValkeyError when another process runs on this home, BadSetting when it cannot be made.
    """
    if settings.redis_url is not None:
        yield settings
        return
    _make_home(settings.home)
    valkey = EmbeddedValkey.start(settings.home)
    address = _address_file(settings)
    try:
        _write_private(address, valkey.url)
        yield settings.with_redis(valkey.url)
    finally:
        address.unlink(missing_ok=True)
        valkey.stop()


@contextmanager
def any_valkey(settings: Settings) -> Iterator[Settings]:
    """Find the Valkey, for a command beside a running server: its own, or one of ours for the block."""
    url = None if settings.redis_url is not None else _running(settings)
    if url is not None:
        yield settings.with_redis(url)
        return
    with own_valkey(settings) as found:
        yield found


def _make_home(home: Path) -> None:
    try:
        make_home(home)
    except OSError as error:
        raise BadSetting(f"RUSHCART_HOME: {home} cannot be made a folder: {error.strerror}") from error


def _running(settings: Settings) -> str | None:
    try:
        url = _address_file(settings).read_text().strip()
        with Redis.from_url(url, socket_timeout=1) as client:
            client.ping()
    except (OSError, RedisError, ValueError):
        return None
    return url


def _address_file(settings: Settings) -> Path:
    return settings.home / "valkey" / "url"


def _write_private(path: Path, text: str) -> None:
    # The address may hold a password.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
