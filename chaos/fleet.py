"""The real commands as processes of the operating system, to be killed and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import httpx
import orjson

from chaos.environment import variables
from chaos.waiting import until
from infra.ports import LOOPBACK, free_port
from infra.processes import spawn, tail
from settings import Settings

COMMAND = Path(sys.executable).with_name("rushcart")


class Child(Protocol):
    """What is asked of a process that was started, ``infra.processes.Keeper`` for one."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def wait(self, timeout: float) -> bool: ...


Launch = Callable[[Sequence[str], Mapping[str, str], Path], Child]
"""Start ``rushcart`` with these words and this environment, in the folder of its log."""


def launch(words: Sequence[str], environment: Mapping[str, str], log: Path) -> Child:
    return spawn([str(COMMAND), *words], log=log, cwd=log.parent, env=environment, dies_with_parent=True)


@dataclass(slots=True)
class Process:
    """One ``rushcart serve``, ``worker`` or ``scheduler``; keeps its port and its log over restarts."""

    command: str
    environment: Mapping[str, str]
    log: Path
    port: int = 0
    launch: Launch = launch
    _child: Child | None = None
    _read_from: int = 0

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def alive(self) -> bool:
        return self._child is not None and self._child.returncode is None

    def start(self) -> None:
        assert not self.alive
        self._read_from = self.log.stat().st_size if self.log.exists() else 0
        environment = {**self.environment, "RUSHCART_PORT": str(self.port)}
        self._child = self.launch([self.command], environment, self.log)

    async def ready(self) -> None:
        """It has said that it started; an API also answers that all its stores are up."""
        started = f'"{self.command}.started"'
        await until(self._read, lambda text: started in text or not self.alive, within=30)
        assert self.alive, f"{self.command} ended:\n{tail(self.log)}"
        if self.port:
            async with httpx.AsyncClient(base_url=self.url, verify=False, timeout=2) as http:
                await until(lambda: _answers(http), bool, within=30)

    async def _read(self) -> str:
        with suppress(FileNotFoundError), self.log.open("rb") as file:
            file.seek(self._read_from)
            return file.read().decode(errors="replace")
        return ""

    def send(self, signum: signal.Signals) -> None:
        assert self._child is not None
        os.kill(self._child.pid, signum)

    def kill(self) -> None:
        """SIGKILL; it is gone when this returns."""
        self.send(signal.SIGKILL)
        assert self._child is not None
        assert self._child.wait(5)

    async def ended(self, within: float = 15.0) -> int:
        """Its exit code, once it has ended by itself."""
        assert self._child is not None
        assert await asyncio.to_thread(self._child.wait, within), f"{self.command} goes on:\n{tail(self.log)}"
        code = self._child.returncode
        assert code is not None
        return code

    def errors(self) -> Iterator[str]:
        """Events of level error that it logged, and all that is no log line of ours (a traceback, say)."""
        for line in self.log.read_text(errors="replace").splitlines():
            if not line.startswith("{") or orjson.loads(line)["level"] in ("error", "critical"):
                yield line


async def _answers(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


@dataclass(slots=True)
class Fleet:
    """APIs, workers and a scheduler on the same stores."""

    settings: Settings
    serves: list[Process] = field(default_factory=list)
    workers: list[Process] = field(default_factory=list)
    schedulers: list[Process] = field(default_factory=list)

    @classmethod
    def on(cls, settings: Settings, folder: Path, pairs: int = 2, launch: Launch = launch) -> "Fleet":
        """So many APIs and workers. Not started yet; logs go to the folder."""
        environment = _environment(settings)

        def process(command: str, number: int, port: int = 0) -> Process:
            return Process(command, environment, folder / f"{command}-{number}.log", port, launch)

        fleet = cls(settings)
        for number in range(1, pairs + 1):
            fleet.serves.append(process("serve", number, free_port()))
            fleet.workers.append(process("worker", number))
        fleet.schedulers.append(process("scheduler", 1))
        return fleet

    @property
    def all(self) -> list[Process]:
        return [*self.serves, *self.workers, *self.schedulers]

    @property
    def urls(self) -> list[str]:
        return [serve.url for serve in self.serves]

    async def complete(self) -> None:
        """Start those that do not run, and wait until each is ready."""
        missing = [process for process in self.all if not process.alive]
        for process in missing:
            process.start()
        await asyncio.gather(*(process.ready() for process in missing))

    async def stop(self) -> None:
        """End all in good order."""
        running = [process for process in self.all if process.alive]
        for process in running:
            process.send(signal.SIGTERM)
        codes = {process.log.stem: await process.ended() for process in running}
        assert codes == dict.fromkeys(codes, 0)

    def kill(self) -> None:
        for process in self.all:
            if process.alive:
                process.kill()

    def errors(self) -> list[str]:
        return [f"{process.log.stem}: {line}" for process in self.all for line in process.errors()]

    def tails(self) -> str:
        return "\n".join(f"{process.log}\n{tail(process.log, 12)}" for process in self.all)


def _environment(settings: Settings) -> dict[str, str]:
    ours = variables(settings) | {
        "RUSHCART_PAYMENT_TIMEOUT": str(settings.orders.payment_timeout),
        "RUSHCART_PERSIST_BATCH": str(settings.orders.persist_batch),
        "RUSHCART_LOG_FORMAT": "json",
    }
    return {name: value for name, value in os.environ.items() if not name.startswith("RUSHCART_")} | ours
