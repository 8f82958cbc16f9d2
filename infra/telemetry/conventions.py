"""What spans say, in the words of OpenTelemetry's semantic conventions: https://opentelemetry.io/docs/specs/semconv/.

Not all of them are stable yet: of those for messages, GraphQL and Redis the newest are taken.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

from opentelemetry.semconv._incubating.attributes.messaging_attributes import (
    MESSAGING_DESTINATION_NAME,
    MESSAGING_SYSTEM,
)
from opentelemetry.semconv._incubating.attributes.peer_attributes import PEER_SERVICE
from opentelemetry.semconv._incubating.attributes.service_attributes import SERVICE_PEER_NAME
from opentelemetry.semconv.attributes.db_attributes import DB_NAMESPACE, DB_SYSTEM_NAME
from opentelemetry.semconv.attributes.server_attributes import SERVER_ADDRESS, SERVER_PORT
from opentelemetry.util.types import AttributeValue

Attributes = Mapping[str, AttributeValue]

_OPT_IN: Final = "OTEL_SEMCONV_STABILITY_OPT_IN"
_STABLE: Final = "http,database"


def prefer_stable_names() -> None:
    """Have libraries' instrumentation use the stable names, unless the environment says which.

    It looks once in a process, when the first library is instrumented.
    """
    os.environ.setdefault(_OPT_IN, _STABLE)


def peer(name: str) -> dict[str, AttributeValue]:
    """Returns who is asked: the name that Jaeger's and Tempo's service graphs read, and that which follows it."""
    return {PEER_SERVICE: name, SERVICE_PEER_NAME: name}


def topic_attributes(system: str, topic: str) -> Attributes:
    return {MESSAGING_SYSTEM: system, MESSAGING_DESTINATION_NAME: topic, **peer(system)}


def redis_attributes(connection: Mapping[str, Any]) -> Attributes:
    """Returns the server; ``connection`` is what redis-py makes connections with."""
    path = connection.get("path")
    server: dict[str, AttributeValue] = {SERVER_ADDRESS: path or connection.get("host") or "localhost"}
    if not path:
        server[SERVER_PORT] = int(connection.get("port") or 6379)
    return {DB_SYSTEM_NAME: "redis", DB_NAMESPACE: str(connection.get("db") or 0), **server, **peer("redis")}


def pipeline_name(commands: list[str]) -> str:
    """Returns the operation as https://opentelemetry.io/docs/specs/semconv/db/redis/ has it."""
    if len(commands) == 1:
        return commands[0]
    return f"PIPELINE {commands[0]}" if len(set(commands)) == 1 else "PIPELINE"
