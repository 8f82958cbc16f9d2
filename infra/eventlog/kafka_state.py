"""How a Kafka cluster is set up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from infra.eventlog.kafka_clients import start_client, stop_client
from infra.eventlog.kafka_errors import kafka_calls
from settings import Settings

_MIN_INSYNC: Final = "min.insync.replicas"
_TIMEOUT_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class TopicState:
    """``lacking`` partitions are not in sync on all of their brokers; ``behind`` has the ids of those brokers,
    which are away or have not caught up."""

    partitions: int
    replication: int
    min_insync: int
    lacking: int = 0
    behind: frozenset[int] = frozenset()


@dataclass(slots=True)
class KafkaState:
    """``topics`` by name, with our prefix: those that are there of those that were asked for."""

    brokers: int = 0
    topics: dict[str, TopicState] = field(default_factory=dict)


async def look_at_kafka(settings: Settings, names: list[str]) -> KafkaState:
    """Errors: StoreUnavailable."""
    wanted = [settings.kafka_prefix + name for name in names]
    admin = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap_servers or "", request_timeout_ms=_TIMEOUT_MS
    )
    await start_client(admin)
    try:
        with kafka_calls():
            state = KafkaState(len((await admin.describe_cluster())["brokers"]))
            present = sorted(set(wanted) & set(await admin.list_topics()))
            insync = await _min_insync(admin, present)
            for topic in await admin.describe_topics(present) if present else ():
                name = topic["topic"]
                state.topics[name] = topic_of(topic["partitions"], insync.get(name, 1))
    finally:
        await stop_client(admin)
    return state


def topic_of(partitions: Sequence[Mapping[str, Any]], min_insync: int) -> TopicState:
    """Returns what partitions say of their topic, as ``describe_topics`` has them."""
    missing = [set(partition["replicas"]) - set(partition["isr"]) for partition in partitions]
    return TopicState(
        partitions=len(partitions),
        replication=min((len(partition["replicas"]) for partition in partitions), default=0),
        min_insync=min_insync,
        lacking=sum(map(bool, missing)),
        behind=frozenset().union(*missing),
    )


async def _min_insync(admin: AIOKafkaAdminClient, topics: list[str]) -> dict[str, int]:
    if not topics:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name, {_MIN_INSYNC: ""}) for name in topics]
    found: dict[str, int] = {}
    for answer in await admin.describe_configs(asked):
        for resource in answer.resources:
            name, entries = resource[3], resource[4]
            for entry in entries:
                if entry[0] == _MIN_INSYNC:
                    found[name] = int(entry[1])
    return found
