"""Settings of how the server is watched and found."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import NoDecode

from settings.comma_separated import COMMA_SEPARATED
from settings.group import Group


class OperationsSettings(Group):
    profile: Literal["desk", "production"] = Field(
        "desk", description="production: refuse to start with what only a desk may have; see docs/security.md."
    )
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port on RUSHCART_HOST where a worker or scheduler serves /metrics and /healthz; an API does "
        "so on its own.",
    )
    metrics_token: SecretStr | None = Field(
        None, description="What Prometheus must send as its bearer token to see /metrics; unset, anybody may."
    )
    graphiql: bool = Field(True, description="A page to try the API with, for browsers that open /graphql.")
    introspection: bool = Field(
        True, description="Answer questions about the schema, and say what a misspelt name may mean."
    )
    federation: bool = Field(
        False,
        description="Answer gateways of Apollo Federation too, as a subgraph of theirs; see docs/federation.md.",
    )
    hsts_seconds: int = Field(
        365 * 24 * 3600,
        ge=0,
        description="How long browsers that came by https come by nothing else (Strict-Transport-Security); "
        "0: not told.",
    )
    max_connections: int = Field(
        10_000,
        ge=10,
        le=1_000_000,
        description="Connections of clients that an API process keeps; fewer where it may open fewer files.",
    )
    head_timeout: float = Field(10.0, gt=0, le=600, description="Seconds a client has for a request's head.")
    body_timeout: float = Field(300.0, gt=0, le=3600, description="Seconds a client has for a request's body.")
    body_min_rate: int = Field(
        2048, ge=0, description="Bytes a second of a body, on average, once HEAD_TIMEOUT is over; 0: any."
    )
    send_timeout: float = Field(
        60.0, gt=0, le=3600, description="Seconds until a client that takes nothing of its answer is dropped."
    )
    keep_alive_timeout: int = Field(
        75,
        gt=0,
        le=3600,
        description="Seconds that a connection may rest between requests: more than a load balancer gives it.",
    )
    trace_fields: bool = Field(
        False, description="A span for every field of GraphQL that is awaited, when traces are sent. It is much."
    )
    etcd_endpoints: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = Field(
        (),
        description="http://host:2379[,http://host:2379]: processes register there; see docs/discovery.md.",
    )
    etcd_user: str | None = Field(None, description="etcd's user, where it asks for one.")
    etcd_password: SecretStr | None = Field(None, description="The password of etcd's user.")
    etcd_ca_file: Path | None = Field(
        None, description="Certificates (PEM) that sign etcd's; the system's when unset."
    )
    etcd_certificate: Path | None = Field(None, description="A client certificate (PEM) for etcd, with its chain.")
    etcd_key: Path | None = Field(None, description="The private key (PEM) of the client certificate.")
    etcd_ttl: float = Field(10.0, ge=2, description="Seconds after which a dead process is gone from etcd.")
    etcd_prefix: str = Field("/rushcart/instances/", description="Where in etcd processes register themselves.")
    advertise_url: str | None = Field(
        None,
        description="Where others reach this API, for etcd; its own address when unset. Workers take its host.",
    )
