"""A fault as data: it is brought on, lasts, and is made good again."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from chaos.disk import Disk
from chaos.fleet import Fleet
from chaos.proxy import Proxy
from chaos.slow_sockets import SlowSockets
from infra.stack import ServerName, Servers
from settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """What there is to break. ``disks``: of the stores that have one of their own; ``key``: of the item for sale,
    in Redis."""

    fleet: Fleet
    stack: Servers
    proxies: dict[ServerName, Proxy]
    dice: random.Random
    disks: dict[ServerName, Disk] = field(default_factory=dict)
    sockets: SlowSockets = field(default_factory=SlowSockets)
    key: str = ""

    @property
    def settings(self) -> Settings:
        return self.fleet.settings


Step = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """``longest``: seconds from ``begin`` to ``end``, at most. ``disk``: of which store it needs one."""

    name: str
    begin: Step
    end: Step
    longest: float
    disk: ServerName | None = None

    def is_possible(self, target: Target) -> bool:
        return self.disk is None or self.disk in target.disks
