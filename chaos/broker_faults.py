"""One of three brokers goes, or one after another, as when a new release is brought on."""

import asyncio
from typing import Final

from chaos.fault import Fault, Step, Target
from chaos.many_nodes import nodes_of
from chaos.waiting import until
from infra.errors import StoreUnavailable
from infra.eventlog.kafka_state import look_at_kafka
from infra.stack import BROKERS, Servers
from services.shared.events import ALL_TOPICS

_WITHIN: Final = 90.0


def _one(verb: str) -> tuple[Step, Step]:
    """The broker is named by the one who begins, to the one who makes it good."""
    chosen: list[str] = []

    async def begin(target: Target) -> None:
        chosen[:] = [target.dice.choice(BROKERS)]
        act = Servers.kill if verb == "killed" else Servers.pause
        await asyncio.to_thread(act, target.stack, chosen[0])

    async def end(target: Target) -> None:
        act = Servers.start if verb == "killed" else Servers.resume
        await asyncio.to_thread(act, target.stack, chosen[0])
        await _in_sync(target)

    return begin, end


async def _roll(target: Target) -> None:
    nodes = nodes_of(target)
    for broker in BROKERS:
        await asyncio.to_thread(nodes.stop, broker)
        await asyncio.to_thread(nodes.start, broker)
        await _in_sync(target)


async def _in_sync(target: Target) -> None:
    """As `rushcart doctor` looks at it before the next may be stopped."""

    async def lacking() -> int:
        try:
            state = await look_at_kafka(target.settings, list(ALL_TOPICS))
        except StoreUnavailable:
            return -1
        return sum(topic.lacking for topic in state.topics.values())

    await until(lacking, lambda count: count == 0, within=_WITHIN)


BROKER_FAULTS = (
    Fault("broker killed", *_one("killed"), 4.0),
    Fault("broker frozen", *_one("frozen"), 6.0),
    Fault("brokers rolled", _roll, _in_sync, 0.0),
)
