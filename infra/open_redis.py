"""Open the Redis that a URL names: one server, what Sentinels call the primary, or a cluster."""

from urllib.parse import urlsplit

from infra.redis import RedisStore
from infra.redis_cluster import RedisCluster
from infra.redis_sentinel import Login, SentinelRedis


def open_redis(dsn: str, *, timeout: float, login: Login | None = None) -> RedisStore:
    """Connects with the first use. ``timeout``: seconds; ``login``: for Sentinels."""
    if urlsplit(dsn).scheme.endswith("+cluster"):
        return RedisCluster(dsn, timeout=timeout)
    if urlsplit(dsn).scheme.endswith("+sentinel"):
        return SentinelRedis(dsn, timeout=timeout, login=login)
    return RedisStore(dsn, timeout=timeout)
