"""Open the Redis that a URL names: one server, what Sentinels call the primary, or a cluster."""

from urllib.parse import urlsplit

from infra.redis import RedisStore
from infra.redis_cluster import RedisCluster


def open_redis(dsn: str, *, timeout: float) -> RedisStore:
    """Connects with the first use. ``timeout``: seconds."""
    if urlsplit(dsn).scheme.endswith("+cluster"):
        return RedisCluster(dsn, timeout=timeout)
    return RedisStore(dsn, timeout=timeout)
