"""Settings of the plumbing: addresses, stores, files, mail, limits, logs. They know no commerce.

The mode is a matter of settings alone: with none of them the server is *embedded* (SQLite, a
Valkey started from a wheel, Redis Streams); with ``DATABASE_URL``, ``REDIS_URL`` and
``KAFKA_BOOTSTRAP_SERVERS`` it is on the *stack*.
"""

from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, SecretStr, field_validator
from pydantic_settings import NoDecode

from settings.comma_separated import COMMA_SEPARATED
from settings.errors import BadSetting
from settings.group import json_object
from settings.limit import Limit
from settings.operations import OperationsSettings
from settings.store_urls import check_database_url, check_redis_url, check_replica_url
from settings.urls import check_url

_COUNTED_BY_COST = {"ip": "addressCost", "account": "accountCost"}


class PlumbingSettings(OperationsSettings):
    _redis_is_ours: bool = PrivateAttr(False)

    home: Path = Field(Path(".rushcart"), description="Folder of all local data.")
    host: str = Field("127.0.0.1", description="Address the API listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port the API listens on; 0 takes a free one.")

    database_url: SecretStr | None = Field(
        None, description="mysql+asyncmy://user:password@host:port/name; SQLite in RUSHCART_HOME when unset."
    )
    redis_url: SecretStr | None = Field(
        None,
        description="redis://host:port/0, redis+cluster://host:port,host:port, or "
        "redis+sentinel://host:port,host:port/name/0; an embedded Valkey when unset.",
    )
    redis_sentinel_user: str | None = Field(
        None, description="The user that Sentinels know us by; that of the URL is for the primary."
    )
    redis_sentinel_password: SecretStr | None = Field(None, description="What Sentinels ask for.")
    kafka_bootstrap_servers: str | None = Field(
        None, description="host:port[,host:port]; Redis Streams are the event log when unset."
    )
    database_read_url: SecretStr | None = Field(
        None,
        description="A replica of the database, or an address that leads to several, for listings and history; "
        "see docs/scaling.md.",
    )
    database_read_wait: float = Field(
        0.2,
        gt=0,
        le=10,
        description="Seconds a listing waits for a replica that is behind; then the primary is asked.",
    )
    database_pool_size: int = Field(10, ge=1, description="Connections a process keeps to the database.")
    store_timeout: float = Field(0.8, gt=0, description="Seconds a request waits for a store or the event log.")

    kafka_partitions: int = Field(6, ge=1, description="Partitions of a topic that Rushcart creates.")
    kafka_replication: int = Field(1, ge=1, description="Replicas of a topic that Rushcart creates.")

    kafka_prefix: str = Field(
        "", max_length=100, pattern=r"^[A-Za-z0-9._-]*$", description="Put before topic and group names."
    )

    warm_page: int = Field(200, ge=1, description="Rows a keyset page of the cache warm-up reads.")
    cache_ttl: float = Field(300.0, gt=0, description="Seconds a cached catalog document lives, before jitter.")

    signing_key: SecretStr | None = Field(
        None,
        description="ES256 private keys (PEM, one after another): the first signs, all verify. "
        "Made and kept in RUSHCART_HOME/keys when unset.",
    )

    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:port (TLS by STARTTLS) or smtps:// (TLS at once); "
        "mails are files in RUSHCART_HOME/mail when unset.",
    )
    mail_from: str = Field("Rushcart <no-reply@localhost>", description="Sender of all mail.")

    public_url: str | None = Field(
        None, description="Where browsers reach this server; unset takes it from the request."
    )

    rate_limits: Annotated[dict[str, str], NoDecode] = Field(
        {},
        description="Changes to the rate limits (services/shared/rate_limits.py), "
        'e.g. {"login": "30/60s", "addressCost": "off"}.',
    )
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, COMMA_SEPARATED] = Field(
        (), description="Networks, separated by commas, whose X-Forwarded-For is believed, e.g. 10.0.0.0/8."
    )
    trusted_proxy_header: Literal["x-forwarded-for", "forwarded"] = Field(
        "x-forwarded-for", description="The header that those proxies write; forwarded is RFC 7239's."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = Field(
        (), description="Origins of front ends on other hosts, separated by commas, or *."
    )

    media_store: str | None = Field(
        None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9/_.-]*)?$",
        description="s3://bucket/prefix keeps uploaded images; the folder media in RUSHCART_HOME when unset.",
    )
    media_url: str | None = Field(
        None, description="Where clients fetch uploaded images, e.g. a CDN; PUBLIC_URL/media when unset."
    )
    s3_endpoint: str | None = Field(
        None, description="URL of a server that speaks S3; Amazon's for S3_REGION when unset."
    )
    s3_region: str = Field("us-east-1", pattern=r"^[a-z0-9-]{1,50}$", description="The bucket's region.")
    s3_access_key_id: str | None = Field(None, description="Access key for the bucket.")
    s3_secret_access_key: SecretStr | None = Field(None, description="Its secret.")
    max_upload_bytes: int = Field(20 * 1024 * 1024, ge=1024, description="Largest file in an upload.")

    webhooks_allow_private: bool = Field(
        False, description="Let webhooks to merchants' systems go to addresses of private networks."
    )
    webhook_timeout: float = Field(10.0, gt=0, le=60, description="Seconds a merchant's system has to answer.")

    log_format: Literal["auto", "json", "console"] = Field("auto", description="auto is JSON on the stack.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged."
    )
    drain_timeout: float = Field(10.0, gt=0, description="Seconds SIGTERM waits for open requests.")
    persisted_documents_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="Most that the documents which clients make known by their hash take in Redis, all together; "
        "the longest unused go first.",
    )
    persisted_only: bool = Field(
        False,
        description="Run only documents of the list that `rushcart documents load` makes; see "
        "docs/persisted-documents.md.",
    )
    max_body_bytes: int = Field(256 * 1024, ge=1024, description="Largest HTTP request body.")

    @field_validator(
        "database_url",
        "database_read_url",
        "redis_url",
        "redis_sentinel_user",
        "redis_sentinel_password",
        "kafka_bootstrap_servers",
        "signing_key",
        "smtp_url",
        "public_url",
        "media_store",
        "media_url",
        "s3_endpoint",
        "s3_access_key_id",
        "s3_secret_access_key",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("database_url")
    @classmethod
    def _is_database(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(check_database_url(value.get_secret_value()))

    @field_validator("database_read_url")
    @classmethod
    def _is_replica(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(check_replica_url(value.get_secret_value()))

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        return None if value is None else SecretStr(check_redis_url(value.get_secret_value()))

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_smtp_url(value.get_secret_value()):
            # Nothing of the URL is repeated: it has a password in it.
            raise ValueError("must be smtp://user:password@host:port or smtps://user:password@host:port")
        return value

    @field_validator("rate_limits", mode="before")
    @classmethod
    def _from_json(cls, value: object) -> object:
        return json_object(value)

    @field_validator("s3_endpoint")
    @classmethod
    def _is_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(check_url(value))
        if parts.path.strip("/") or parts.query:
            raise ValueError("must be an http or https URL without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("public_url", "media_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if "?" in check_url(value):
            raise ValueError("must have no query")
        return value.rstrip("/")

    @field_validator("rate_limits")
    @classmethod
    def _are_limits(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if name in _COUNTED_BY_COST:
                raise ValueError(f"{name} is {_COUNTED_BY_COST[name]} now, which counts cost, not requests")
            if text != "off":
                Limit.parse(text)
        return value

    @property
    def embedded(self) -> bool:
        """True when everything is local to RUSHCART_HOME: neither a database nor Kafka is named, and no Redis of
        one's own while others reach the API."""
        if self.database_url is not None or self.kafka_bootstrap_servers is not None:
            return False
        return self.redis_is_embedded or _is_loopback(self.host)

    @property
    def redis_is_embedded(self) -> bool:
        """True when the Valkey of RUSHCART_HOME is used, or will be."""
        return self.redis_url is None or self._redis_is_ours

    @property
    def database_dsn(self) -> str:
        """The SQLAlchemy URL; holds a password, never log it."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite+aiosqlite:///{(self.home / 'rushcart.db').resolve()}"

    @property
    def redis_dsn(self) -> str:
        """Where Redis is. Errors: BadSetting when no server is named and none was started yet."""
        if self.redis_url is None:
            raise BadSetting("RUSHCART_REDIS_URL: name a Redis or Valkey server; only `rushcart dev` brings one")
        return self.redis_url.get_secret_value()

    def with_redis(self, url: str) -> Self:
        """Returns the same settings on the Redis at ``url`` (the embedded Valkey, once it runs)."""
        found = self.model_copy(update={"redis_url": SecretStr(url)})
        found._redis_is_ours = True
        return found

    @property
    def json_logs(self) -> bool:
        return self.log_format == "json" or (self.log_format == "auto" and not self.embedded)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _is_smtp_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of the port
        return False
