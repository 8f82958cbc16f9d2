"""How a process of its own is told which stores to use."""

from settings import Settings


def variables(settings: Settings) -> dict[str, str]:
    """The environment that names a test's stores, and has its patience with them."""
    return {
        "RUSHCART_HOME": str(settings.home),
        "RUSHCART_DATABASE_URL": settings.database_url.get_secret_value() if settings.database_url else "",
        "RUSHCART_REDIS_URL": settings.redis_dsn,
        "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or "",
        "RUSHCART_KAFKA_PREFIX": settings.kafka_prefix,
        "RUSHCART_KAFKA_REPLICATION": str(settings.kafka_replication),
        "RUSHCART_KAFKA_PARTITIONS": str(settings.kafka_partitions),
        "RUSHCART_PAYMENT_PROVIDERS": ",".join(settings.ways_to_pay),
        "RUSHCART_STORE_TIMEOUT": str(settings.store_timeout),
    }
