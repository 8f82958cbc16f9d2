"""Redis or Valkey on this machine: append-only, and never evicting, as the stock counters need it."""

import shutil
from pathlib import Path
from typing import ClassVar

from infra.ports import LOOPBACK
from infra.stack.errors import Lack, MissingServer
from infra.stack.machine import Recipe, find_program
from infra.stack.runner import Job
from infra.stack.state import Record, ServerName

_REMEDY = (
    "Install Redis 7+ or Valkey 8+ (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis), "
    "or set RUSHCART_REDIS_URL"
)
_CONFIG = """\
daemonize no
bind {host}
port {port}
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


class RedisRecipe(Recipe):
    server: ClassVar[ServerName] = "redis"

    def __init__(self) -> None:
        self._server: Path | None = None

    def find(self) -> None:
        self._server = find_program("redis-server", "valkey-server")
        if self._server is None:
            reason = "neither redis-server nor valkey-server is on this machine"
            raise MissingServer([Lack("redis", reason, _REMEDY)])

    def prepare(self, job: Job, folder: Path) -> None:
        config = _CONFIG.format(host=LOOPBACK, port=job.record.port)
        (folder / "redis.conf").write_text(config, encoding="utf-8")

    def command(self, record: Record, folder: Path) -> list[str]:
        return [str(self._server), "redis.conf"]

    def url(self, record: Record) -> str:
        return f"redis://{LOOPBACK}:{record.port}/0"

    def erase(self, folder: Path) -> None:
        shutil.rmtree(folder / "appendonlydir", ignore_errors=True)
