"""One checkout's servers on stores of its own, and what they use."""

import asyncio
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from redis import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.processes import ROOT, RUSHCART, Server, cpu_seconds
from infra.ports import free_port
from infra.stack import SERVERS, ServerName, Stack

OWN: Final = ("serve", "worker", "scheduler")
ALL: Final = (*OWN, *SERVERS)
_COUNTED: Final = Path(__file__).with_name("counted.py")
_MIGRATE_WITHIN: Final = 300.0
_QUIET: Final = 0.15
"""Of a processor: less is what servers use that wait."""
_QUIET_WITHIN: Final = 30.0
_GLANCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Use:
    """``cpu`` in seconds, None of servers that others started. ``asked``: statements, or commands of Redis."""

    cpu: float | None
    asked: int | None


class Build:
    """``env`` names the stores; ``stacks``: where each store's process is known."""

    def __init__(
        self, name: str, root: Path, env: Mapping[str, str], home: Path, stacks: Mapping[ServerName, Stack]
    ) -> None:
        self.name = name
        self.port = free_port()
        self._root = root
        self._home = home
        self._env = {**env, "RUSHCART_HOME": str(home), "RUSHCART_PORT": str(self.port)}
        self._stacks = stacks
        self._servers: dict[str, Server] = {}
        self._stack = ExitStack()

    @property
    def database(self) -> str:
        return self._env["RUSHCART_DATABASE_URL"]

    def __enter__(self) -> Self:
        with self._stack:
            self._migrate()
            for name in OWN:
                server = self._servers[name] = self._start(name)
                self._stack.callback(server.stop)
            self._servers["serve"].wait_for(f"http://127.0.0.1:{self.port}/healthz")
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def check(self) -> None:
        """Errors: ProcessFailed when one has ended."""
        for server in self._servers.values():
            server.check()

    def settle(self) -> None:
        """Wait until they do no more than servers that wait: what an order leaves to be done is its cost too."""
        deadline, before = time.monotonic() + _QUIET_WITHIN, self._cpu()
        while time.monotonic() < deadline:
            time.sleep(_GLANCE)
            now = self._cpu()
            if now - before < _QUIET * _GLANCE:
                return
            before = now

    def use(self) -> dict[str, Use]:
        """Returns what each process has used so far."""
        own = {name: Use(server.cpu_seconds(), self._statements(name)) for name, server in self._servers.items()}
        asked = {
            "database": asyncio.run(_questions(self.database)),
            "redis": _commands(self._env["RUSHCART_REDIS_URL"]),
        }
        return own | {name: Use(self._cpu_of(name), asked.get(name)) for name in SERVERS}

    @property
    def memory_mib(self) -> float:
        return self._servers["serve"].rss_mib()

    def _cpu(self) -> float:
        return sum(server.cpu_seconds() for server in self._servers.values())

    def _cpu_of(self, store: ServerName) -> float | None:
        pid = self._stacks[store].pid(store)
        return None if pid is None else cpu_seconds(pid)

    def _python(self) -> str:
        own = self._root / ".venv" / "bin" / "python"
        return str(own) if self._root != ROOT and own.exists() else sys.executable

    def _migrate(self) -> None:
        words = [*RUSHCART, "db", "upgrade"]
        Server("upgrade", words, self._env, self._home, python=self._python(), root=self._root).finish(
            _MIGRATE_WITHIN
        )

    def _start(self, name: str) -> Server:
        counts = self._home / f"{name}.statements"
        counts.write_bytes(bytes(8))
        code = f"{_COUNTED.read_text()}\ncount_statements()\n{RUSHCART[1]}"
        env = {**self._env, "BENCH_STATEMENTS": str(counts)}
        return Server(name, ["-c", code, name], env, self._home, python=self._python(), root=self._root)

    def _statements(self, name: str) -> int:
        return int.from_bytes((self._home / f"{name}.statements").read_bytes(), "little")


async def _questions(dsn: str) -> int:
    engine = create_async_engine(dsn)
    async with engine.connect() as connection:
        found = (await connection.execute(text("SHOW GLOBAL STATUS LIKE 'Questions'"))).one()
    await engine.dispose()
    return int(found[1])


def _commands(url: str) -> int:
    with Redis.from_url(url) as redis:
        return int(redis.info("stats")["total_commands_processed"])
