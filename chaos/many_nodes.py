"""Faults of the stack of many nodes: how they reach it."""

import asyncio
from collections.abc import Callable

from chaos.fault import Step, Target
from infra.stack import Nodes


def nodes_of(target: Target) -> Nodes:
    assert isinstance(target.stack, Nodes)
    return target.stack


def in_thread(act: Callable[[Target, Nodes], None]) -> Step:
    """Make a step of what blocks."""

    async def step(target: Target) -> None:
        await asyncio.to_thread(act, target, nodes_of(target))

    return step
