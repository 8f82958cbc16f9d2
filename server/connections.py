"""How many clients may be connected, how long each may take, and what is told of those that were ended."""

import asyncio
from collections import Counter
from typing import Final, Literal, Protocol

import structlog

from infra.open_files import KEPT, allow_open_files, connections_within
from infra.telemetry.metrics import HTTP_CONNECTIONS, HTTP_CONNECTIONS_ENDED
from settings import Settings

log = structlog.get_logger(__name__)

Reason = Literal["full", "silent", "malformed", "head_too_large", "slow_head", "slow_body", "slow_reader"]
"""``full``: refused. ``silent``: made room for another, while it was asking for nothing."""

_TELL_EVERY: Final = 60.0
_LOOK_EVERY: Final = 2.5
# A client that has just come may still be sending: its packets take so long at most.
_FRESH: Final = 1.0


class Silent(Protocol):
    def give_way(self) -> None: ...


class Connections:
    """Those of one server. Times are the event loop's, in seconds."""

    def __init__(self, settings: Settings) -> None:
        files = allow_open_files(settings.max_connections + KEPT)
        self.most = min(settings.max_connections, connections_within(files))
        if self.most < settings.max_connections:
            log.warning("connections.few", most=self.most, open_files=files)
        self.head_within = settings.head_timeout
        self.body_within = settings.body_timeout
        self.body_rate = settings.body_min_rate
        self.send_within = settings.send_timeout
        self.look_every = min(_LOOK_EVERY, min(self.head_within, self.body_within, self.send_within) / 4)
        # Since when they ask for nothing: who never did makes room first.
        self._silent: dict[Silent, float] = {}
        self._resting: dict[Silent, float] = {}
        self._untold: Counter[Reason] = Counter()
        self._telling: asyncio.TimerHandle | None = None

    def admit(self, connection: Silent, count: int) -> bool:
        """Returns whether there is room for one more, which ``count`` has in it; one that asks for nothing makes
        some."""
        now = asyncio.get_running_loop().time()
        if count > self.most and not (self._make_room(self._silent, now) or self._make_room(self._resting, now)):
            self.note("full")
            return False
        self.count(count)
        self._silent[connection] = now
        return True

    def _make_room(self, among: dict[Silent, float], now: float) -> bool:
        longest = next(iter(among), None)
        if longest is None or now - among[longest] < _FRESH:
            return False
        del among[longest]
        longest.give_way()
        return True

    def count(self, count: int) -> None:
        """Show how many are connected."""
        HTTP_CONNECTIONS.set(count)

    def hear(self, connection: Silent) -> None:
        """Note that a connection has sent a whole head, or is gone."""
        self._silent.pop(connection, None)
        self._resting.pop(connection, None)

    def rest(self, connection: Silent) -> None:
        """Note that a connection asks for nothing any more."""
        self._resting[connection] = asyncio.get_running_loop().time()

    def note(self, reason: Reason) -> None:
        """Count a connection that is ended: one line in the log tells of the first, one a minute of the others."""
        HTTP_CONNECTIONS_ENDED.labels(reason).inc()
        self._untold[reason] += 1
        if self._telling is None:
            self._tell()

    def _tell(self) -> None:
        self._telling = None
        if self._untold:
            log.warning("connections.ended", reasons=dict(self._untold), most=self.most)
            self._untold.clear()
            self._telling = asyncio.get_running_loop().call_later(_TELL_EVERY, self._tell)


class SlowReader:
    """Whether a client takes nothing of what it is sent.

    Counted in looks, not in seconds: while the process itself stands still, nobody can take anything.
    """

    __slots__ = ("_looks", "_most", "_transport", "_waiting")

    def __init__(self, transport: asyncio.Transport, limits: Connections) -> None:
        self._transport = transport
        self._most = limits.send_within / limits.look_every
        self._waiting = 0
        self._looks = 0

    def is_stuck(self) -> bool:
        """Returns whether it took nothing for too long. To be asked every ``look_every`` seconds."""
        waiting = self._transport.get_write_buffer_size()
        self._looks = self._looks + 1 if 0 < self._waiting <= waiting else 0
        self._waiting = waiting
        return self._looks > self._most
