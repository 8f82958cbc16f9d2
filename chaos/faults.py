"""What goes wrong: one after another, and each is made good again."""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from chaos.broker_faults import BROKER_FAULTS
from chaos.database_faults import DATABASE_FAULTS
from chaos.fault import Fault, Step, Target
from chaos.fleet import Process
from chaos.shard_faults import SHARD_FAULTS
from chaos.store_faults import STORE_FAULTS
from infra.stack import ServerName, Servers


async def _nothing(_target: Target) -> None:
    """Connections that were cut are made again by those who had them."""


async def _complete(target: Target) -> None:
    await target.fleet.complete()


def _pick(target: Target, kind: str) -> Process:
    fleet = target.fleet
    every = {"api": fleet.serves, "worker": fleet.workers, "scheduler": fleet.schedulers}[kind]
    return target.dice.choice(every)


def _kill(kind: str) -> Step:
    async def kill(target: Target) -> None:
        await asyncio.to_thread(_pick(target, kind).kill)

    return kill


def _freeze(kind: str) -> Step:
    async def freeze(target: Target) -> None:
        _pick(target, kind).send(signal.SIGSTOP)

    return freeze


async def _thaw(target: Target) -> None:
    for process in target.fleet.all:
        process.send(signal.SIGCONT)


def _store(server: ServerName, verb: Callable[[Servers, str], None]) -> Step:
    async def act(target: Target) -> None:
        await asyncio.to_thread(verb, target.stack, server)

    return act


def _start_empty(stack: Servers, server: str) -> None:
    stack.start(server, keep_data=False)


def _cut(server: ServerName) -> Step:
    async def cut(target: Target) -> None:
        target.proxies[server].drop()

    return cut


async def _open_slowly(target: Target) -> None:
    await target.sockets.open(target.fleet.urls)


async def _close_slow_ones(target: Target) -> None:
    await target.sockets.close()


def _killed_store(server: ServerName) -> Fault:
    return Fault(f"{server} killed", _store(server, Servers.kill), _store(server, Servers.start), 2.0)


def _frozen_store(server: ServerName) -> Fault:
    return Fault(f"{server} frozen", _store(server, Servers.pause), _store(server, Servers.resume), 4.0)


_PROCESSES = (
    Fault("api killed", _kill("api"), _complete, 1.0),
    Fault("worker killed", _kill("worker"), _complete, 1.0),
    Fault("scheduler killed", _kill("scheduler"), _complete, 3.0),
    Fault("api frozen", _freeze("api"), _thaw, 3.0),
    Fault("worker frozen", _freeze("worker"), _thaw, 6.0),
)
_CUT_DATABASE = Fault("database connections cut", _cut("database"), _nothing, 0.0)
FAULTS: Final = (
    *_PROCESSES,
    _killed_store("redis"),
    Fault("redis emptied", _store("redis", Servers.kill), _store("redis", _start_empty), 1.0),
    _frozen_store("redis"),
    _killed_store("kafka"),
    _frozen_store("kafka"),
    _killed_store("database"),
    _frozen_store("database"),
    Fault("redis connections cut", _cut("redis"), _nothing, 0.0),
    _CUT_DATABASE,
    *STORE_FAULTS,
    Fault("slow sockets", _open_slowly, _close_slow_ones, 6.0),
)
NODE_FAULTS: Final = (*_PROCESSES, *SHARD_FAULTS, *BROKER_FAULTS, *DATABASE_FAULTS, _CUT_DATABASE)
"""What goes wrong where there are several of each."""
