"""Settings of how the server is watched and found."""

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
    hsts_seconds: int = Field(
        365 * 24 * 3600,
        ge=0,
        description="How long browsers that came by https come by nothing else (Strict-Transport-Security); "
        "0: not told.",
    )
    trace_fields: bool = Field(
        False, description="A span for every field of GraphQL that is awaited, when traces are sent. It is much."
    )
    etcd_endpoints: Annotated[tuple[str, ...], NoDecode, COMMA_SEPARATED] = Field(
        (),
        description="http://host:2379[,http://host:2379]: APIs register themselves there; see docs/discovery.md.",
    )
    etcd_ttl: float = Field(10.0, ge=2, description="Seconds after which a dead API is gone from etcd.")
    etcd_prefix: str = Field("/rushcart/instances/", description="Where in etcd APIs register themselves.")
    advertise_url: str | None = Field(
        None, description="Where others reach this API, for etcd; its own address and port when unset."
    )
