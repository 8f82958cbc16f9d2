"""The event log: are the topics there, and does an accepted order outlive a broker?"""

from collections.abc import Collection, Iterator
from typing import Final

from infra.eventlog.kafka_state import KafkaState, TopicState, look_at_kafka
from infra.runtime import Infra
from services.doctor.finding import Finding, doubtful, good, wrong
from services.shared.events import ALL_TOPICS, ORDERS

_AREA: Final = "event log"
_SAFE: Final = 3
_INSYNC: Final = 2


async def check_event_log(infra: Infra) -> list[Finding]:
    """Errors: StoreUnavailable."""
    if infra.settings.kafka_bootstrap_servers is None:
        return [good(_AREA, "Redis Streams")]
    state = await look_at_kafka(infra.settings, list(ALL_TOPICS))
    prefix = infra.settings.kafka_prefix
    missing = [name for name in ALL_TOPICS if prefix + name not in state.topics]
    found = [good(_AREA, f"Kafka with {state.brokers} broker{'s' if state.brokers != 1 else ''}")]
    if missing:
        mend = "Start rushcart serve or worker once: they make them."
        found.append(doubtful(_AREA, f"there is no topic {', '.join(missing)}", mend))
    orders = state.topics.get(prefix + ORDERS)
    if orders is not None:
        found += [*_replication(state, orders), *_partitions(infra, orders)]
    if state.topics:
        found.append(judge_in_sync(state.topics.values()))
    return found


def judge_in_sync(topics: Collection[TopicState]) -> Finding:
    """Judge whether a broker may be stopped: not while another one is away or behind."""
    lacking = sum(topic.lacking for topic in topics)
    if not lacking:
        return good(_AREA, "every partition is in sync on all of its brokers")
    brokers = ", ".join(map(str, sorted(frozenset().union(*(topic.behind for topic in topics)))))
    told = f"{lacking} partitions are not in sync on all of their brokers: {brokers} is away or behind"
    return wrong(
        _AREA, told, "Stop no other broker until it has caught up; one more may end the taking of orders."
    )


def _replication(state: KafkaState, orders: TopicState) -> Iterator[Finding]:
    told = f"orders have {orders.replication} replicas, of which {orders.min_insync} must have a message"
    if orders.replication >= _SAFE and orders.min_insync >= _INSYNC:
        yield good(_AREA, told)
    elif state.brokers < _SAFE:
        mend = "An accepted order is lost with the broker's disk. Run three brokers where that matters."
        yield doubtful(_AREA, told, mend)
    else:
        mend = "Give the topics three replicas and min.insync.replicas=2, and set RUSHCART_KAFKA_REPLICATION=3."
        yield wrong(_AREA, told, mend)


def _partitions(infra: Infra, orders: TopicState) -> Iterator[Finding]:
    wanted = infra.settings.kafka_partitions
    told = f"orders have {orders.partitions} partitions: as many workers share them at most"
    if orders.partitions < wanted:
        yield doubtful(_AREA, told, f"RUSHCART_KAFKA_PARTITIONS asks for {wanted}: add some with kafka-topics.sh.")
    else:
        yield good(_AREA, told)
