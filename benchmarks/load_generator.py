"""Buyers over HTTP/1.1 keep-alive, in a process of their own that takes little of the machine.

It is sent a ``Phase`` at a time (benchmarks/frames.py) and answers each with its ``Tally``.
Requests are bytes that were made before; only the idempotency key is put in.
"""

import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import orjson
import uvloop

from benchmarks.frames import answer_each

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_STATUS = len(b"HTTP/1.1 200")
_WARM_UP = 0.25
"""Seconds at the begin of a phase that are not measured: connections are made in them."""
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Target:
    """One endpoint; the request's body is ``before`` + an idempotency key + ``after``.

    ``whole``: the request as it is sent each time, with TOKEN where the buyer's access token belongs; no key.
    ``ports``: several processes in the place of the one at ``port``, by turns of the connections. ``befores``:
    several of the same length in the place of ``before``, by turns of the buyers.
    """

    port: int
    path: str
    before: str = ""
    after: str = ""
    whole: str = ""
    befores: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)

    def requests(self, tokens: list[str]) -> list[tuple[bytes, bytes]]:
        """What comes before and after the key, for each buyer."""
        if self.whole:
            return [(self.whole.replace(TOKEN, token).encode(), b"") for token in tokens]
        befores = self.befores or [self.before]
        length = len(befores[0]) + KEY_LENGTH + len(self.after)
        return [
            (
                f"POST {self.path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {token}\r\n"
                f"content-type: application/json\r\naccept: application/json\r\ncontent-length: {length}\r\n\r\n"
                f"{before}".encode(),
                self.after.encode(),
            )
            for token, before in zip(tokens, itertools.cycle(befores), strict=False)
        ]


@dataclass(frozen=True, slots=True)
class Phase:
    """``rate``: orders a second of all connections; 0: as many as they can."""

    target: Target
    seconds: float
    connections: int
    rate: float = 0.0


@dataclass(slots=True)
class Tally:
    """``measured`` answers came in ``seconds``, with these latencies; ``numbers`` are of all accepted orders."""

    measured: int = 0
    seconds: float = 0.0
    outcomes: dict[str, int] = field(default_factory=dict)
    latencies_us: list[int] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


TOKEN = "{TOKEN}"
_GOLDEN = 0.618034
_PREFIX = os.urandom(4).hex().encode()
_SERIAL = itertools.count()
KEY_LENGTH = 24


def _next_key() -> bytes:
    return b"%s%016x" % (_PREFIX, next(_SERIAL))


class _Run:
    """What the buyers of a phase share."""

    def __init__(self, phase: Phase, tokens: list[str]) -> None:
        self.requests: Iterator[tuple[bytes, bytes]] = itertools.cycle(phase.target.requests(tokens))
        self.keyed = not phase.target.whole
        self.pause = phase.connections / phase.rate if phase.rate else 0.0
        self._turns = itertools.count()
        self.begin = time.perf_counter() + min(_WARM_UP, phase.seconds)
        self.end = self.begin + phase.seconds
        self.answers: list[tuple[float, float, bytes]] = []

    def next_request(self) -> bytes:
        before, after = next(self.requests)
        return b"".join((before, _next_key(), after)) if self.keyed else before

    def wait_at_first(self) -> float:
        """Returns when the next connection begins: they take turns."""
        return self.pause * (next(self._turns) * _GOLDEN % 1)

    def tally(self) -> Tally:
        measured = [answer for answer in self.answers if self.begin <= answer[1] <= self.end]
        outcomes = Counter(_outcome(answer[2]) for answer in self.answers)
        latencies = [round((done - sent) * 1e6) for sent, done, _ in measured]
        numbers = [number for answer in self.answers if (number := _number(answer[2]))]
        return Tally(len(measured), self.end - self.begin, dict(outcomes), latencies, numbers)


def _outcome(answer: bytes) -> str:
    if b'"status":"ACCEPTED"' in answer:
        return "accepted"
    if b'"OUT_OF_STOCK"' in answer:
        return "sold_out"
    return answer[:12].decode("latin-1") + answer.partition(_HEAD_END)[2][:200].decode("latin-1")


def _number(answer: bytes) -> str | None:
    if b'"status":"ACCEPTED"' not in answer:
        return None
    return answer.partition(b'"number":"')[2].partition(b'"')[0].decode()


class _Buyer(asyncio.Protocol):
    """One connection: a request, its answer, the next."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._missing = -1
        self._sent = 0.0
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not subclasses of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        asyncio.get_running_loop().call_later(self._run.wait_at_first(), self._buy)

    def _buy(self) -> None:
        assert self._transport is not None
        self._sent = time.perf_counter()
        self._transport.write(self._run.next_request())

    def data_received(self, data: bytes) -> None:
        self._received = answer = self._received + data if self._received else data
        if self._missing < 0:
            self._missing = _answer_length(answer)
        if self._missing < 0 or len(answer) < self._missing:
            return
        done = time.perf_counter()
        self._run.answers.append((self._sent, done, answer if self._run.keyed else answer[:_STATUS]))
        self._received, self._missing = b"", -1
        self._later(self._sent + self._run.pause - done)

    def _later(self, seconds: float) -> None:
        """Buy in so many seconds, or at once; or not any more."""
        assert self._transport is not None
        if time.perf_counter() + max(seconds, 0.0) >= self._run.end:
            self._transport.close()
        elif seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._buy)
        else:
            self._buy()

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)


def _answer_length(answer: bytes) -> int:
    """Of head and body together; -1 while the head is not whole."""
    head = answer.find(_HEAD_END)
    if head < 0:
        return -1
    place = answer.find(_LENGTH, 0, head)
    if place < 0:  # a 304 has none
        return head + len(_HEAD_END)
    return head + len(_HEAD_END) + int(answer[place + len(_LENGTH) : answer.index(b"\r", place)])


async def run_phase(phase: Phase, tokens: list[str]) -> Tally:
    """Errors: OSError when the server does not take connections, TimeoutError when it stops answering."""
    loop, run = asyncio.get_running_loop(), _Run(phase, tokens)
    async with asyncio.timeout(_WARM_UP + phase.seconds + _PATIENCE):
        connecting = (
            loop.create_connection(lambda: _Buyer(run), "127.0.0.1", port)
            for port in itertools.islice(
                itertools.cycle(phase.target.ports or [phase.target.port]), phase.connections
            )
        )
        made = await asyncio.gather(*connecting)
        await asyncio.gather(*(buyer.gone for _, buyer in made))
    return run.tally()


def main() -> None:
    """The argument names the file with the buyers' tokens."""
    tokens: list[str] = orjson.loads(Path(sys.argv[1]).read_bytes())

    def run(job: dict[str, Any]) -> object:
        phase = Phase(Target(**job["target"]), job["seconds"], job["connections"], job["rate"])
        try:
            return asdict(uvloop.run(run_phase(phase, tokens)))
        except (OSError, TimeoutError) as error:
            return {"failed": f"port {phase.target.port}: {type(error).__name__} {error}"}

    answer_each(run)


if __name__ == "__main__":
    main()
