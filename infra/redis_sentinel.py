"""A Redis whose primary is asked of Sentinels for each new connection (Sentinel client specification)."""

import asyncio
from typing import Final, TypedDict
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from infra.redis import RedisStore
from infra.redis_slots import Address, seeds_of
from settings import Settings

DEFAULT_PORT: Final = 26_379


class Login(TypedDict, total=False):
    """What Sentinels ask for, as redis-py takes it."""

    username: str
    password: str


def sentinel_login(settings: Settings) -> Login:
    """Returns what the settings have of it."""
    login = Login()
    if settings.redis_sentinel_user:
        login["username"] = settings.redis_sentinel_user
    if settings.redis_sentinel_password:
        login["password"] = settings.redis_sentinel_password.get_secret_value()
    return login


def sentinels_of(dsn: str) -> list[Address]:
    """Returns the addresses in ``redis+sentinel://user:password@host:port,host:port/service/0``."""
    return [address for address, _ in seeds_of(dsn, default_port=DEFAULT_PORT)]


def service_of(dsn: str) -> tuple[str, int]:
    """Returns the name of the primary, and the number of its database."""
    name, _, number = urlsplit(dsn).path.strip("/").partition("/")
    return name, int(number or 0)


class SentinelRedis(RedisStore):
    """User, password and options of the URL are for the primary; ``login`` is for the Sentinels."""

    def __init__(self, dsn: str, *, timeout: float, login: Login | None = None) -> None:
        self._service, number = service_of(dsn)
        patience, never = timeout / 2, Retry(NoBackoff(), 0)
        self._sentinels = [
            Redis(host=host, port=port, socket_timeout=patience, retry=never, **(login or {}))
            for host, port in sentinels_of(dsn)
        ]
        _, url = next(seeds_of(dsn, default_port=DEFAULT_PORT))
        parts = urlsplit(url)
        super().__init__(parts._replace(path=f"/{number}").geturl(), timeout=timeout)

    def _connections_of(self, known: type[AbstractConnection]) -> type[AbstractConnection]:
        return type(known.__name__, (known,), {"locate": staticmethod(self._locate)})

    async def _locate(self) -> Address:
        """Returns where the primary is, as the first that answers says."""
        asking = [asyncio.create_task(self._ask(sentinel)) for sentinel in self._sentinels]
        try:
            for answer in asyncio.as_completed(asking):
                if address := await answer:
                    return address
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        raise RedisConnectionError("no Sentinel knows the primary")

    async def _ask(self, sentinel: Redis) -> Address | None:
        try:
            found = await sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service)  # type: ignore[no-untyped-call]
        except (RedisError, OSError, TimeoutError):
            return None
        return (found[0].decode(), int(found[1])) if found else None

    async def close(self) -> None:
        await super().close()
        await asyncio.gather(*(sentinel.aclose() for sentinel in self._sentinels))
