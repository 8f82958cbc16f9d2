"""A stack of many nodes on one machine: what becomes of a shop when one of them is gone can be tried on it."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.ports import LOOPBACK
from infra.stack import kafka, replication, valkey_cluster
from infra.stack.database import PRIMARY, REPLICA, DatabaseRecipe
from infra.stack.errors import Lack, MissingServer
from infra.stack.kafka import KafkaRecipe
from infra.stack.machine import MachineRunner, Recipe
from infra.stack.plan import require
from infra.stack.redis_server import RedisRecipe
from infra.stack.servers import Echo, Servers
from infra.stack.state import Record, kind_of

DATABASES: Final = ("database-1", "database-2")
CACHES: Final = tuple(f"redis-{number}" for number in range(1, 7))
BROKERS: Final = ("kafka-1", "kafka-2", "kafka-3")
_UP: Final = "rushcart stack up --nodes"
Records = Mapping[str, Record]


class Nodes(Servers):
    """A primary and a replica of MariaDB, six nodes of a Redis Cluster, three brokers; data in ``home/nodes``."""

    def __init__(
        self, home: Path, *, kafka: str = "", kafka_cache: Path | None = None, dies_with_parent: bool = False
    ) -> None:
        """Remember where; ``kafka`` is the address of brokers that are there, in place of three of its own. The
        other arguments are those of ``Stack``.
        """
        home = home.resolve()
        folder = home / "nodes"
        self._kafka = kafka
        self._database = DatabaseRecipe()
        by_kind = {
            "database": self._database,
            "redis": RedisRecipe(in_cluster=True),
            "kafka": KafkaRecipe(kafka_cache or home / "kafka"),
        }
        names = [*DATABASES, *CACHES, *(() if kafka else BROKERS)]
        recipes: dict[str, Recipe] = {name: by_kind[kind_of(name)] for name in names}
        runner = MachineRunner(folder, recipes, dies_with_parent=dies_with_parent)
        super().__init__(folder, recipes, {runner.how: runner})

    @classmethod
    def up(
        cls,
        home: Path,
        install: bool = False,
        echo: Echo = print,
        *,
        kafka: str = "",
        kafka_cache: Path | None = None,
        dies_with_parent: bool = False,
    ) -> "Nodes":
        """Start what is not up, and wait until nothing is missing anywhere; up already is fine.

        Errors as of ``Stack.up``.
        """
        nodes = cls(home, kafka=kafka, kafka_cache=kafka_cache, dies_with_parent=dies_with_parent)
        with nodes._state.locked():
            nodes._require(install, echo)
            known = nodes._state.read()
            records = {name: known.get(name) or Record(how="machine") for name in nodes.names}
            lay_out(records)
            asleep = [name for name in nodes.names if not nodes._is_up(name, records[name], echo)]
            nodes._start_all(records, asleep, echo)
            try:
                nodes._join(records, echo)
            except BaseException:
                nodes._stop_all(records, asleep, echo)
                raise
        return nodes

    @classmethod
    def attach(cls, home: Path) -> "Nodes":
        """Attach to nodes that are up already. Errors: StackNotUp."""
        nodes = cls(home)
        nodes.env()
        return nodes

    def _require(self, install: bool, echo: Echo) -> None:
        require(self.names, self._recipes, install, echo)
        if not self._database.is_mariadb:
            remedy = "Install MariaDB 10.11+ (Debian, Ubuntu: apt-get install mariadb-server)"
            raise MissingServer([Lack("database", "a primary and a replica are made of MariaDB only", remedy)])

    def env(self) -> dict[str, str]:
        """Returns the settings that lead to them. Errors: StackNotUp."""
        records = self._all_up(_UP)
        kafka = {"RUSHCART_KAFKA_BOOTSTRAP_SERVERS": self._kafka or ",".join(_addresses(records, BROKERS))}
        if not self._kafka:
            kafka["RUSHCART_KAFKA_REPLICATION"] = str(len(BROKERS))
        return {
            "RUSHCART_DATABASE_URL": records[self._primary(records)].url,
            "RUSHCART_DATABASE_READ_URL": records[_other(self._primary(records))].url,
            "RUSHCART_REDIS_URL": "redis+cluster://" + ",".join(_addresses(records, CACHES)),
            **kafka,
        }

    def _join(self, records: Records, echo: Echo) -> None:
        valkey_cluster.form([records[name] for name in CACHES])
        echo("redis      six nodes are a cluster: three primaries, each with a replica")
        primary = self._primary(records)
        replica = _other(primary)
        replication.follow(records[replica], records[primary])
        replication.await_following(records[replica], records[primary])
        echo(f"database   {replica} follows {primary}")

    # ------------------------------------------------------------------ the two databases

    @property
    def primary(self) -> str:
        """The name of the database that takes writes."""
        return self._primary(self._state.read())

    @property
    def replica(self) -> str:
        """The name of the other one."""
        return _other(self.primary)

    @staticmethod
    def _primary(records: Records) -> str:
        return next(name for name in DATABASES if records[name].notes["role"] == PRIMARY)

    def url(self, server: str) -> str:
        """Returns the address of one of them, as in its setting. Errors: StackNotUp."""
        return self._record(server).url

    def close(self) -> None:
        """Have the primary take no more writes, so that the replica can take its place. Errors: StackError."""
        records = self._state.read()
        replication.close(records[self._primary(records)])

    def promote(self) -> None:
        """Let the replica take the place of the primary, which is not asked: it may be gone. Errors: StackError.

        The one of before must not take writes any more: ``rejoin`` it.
        """
        with self._state.locked():
            records = self._state.read()
            old = self._primary(records)
            replication.promote(records[_other(old)])
            records[old].notes["role"], records[_other(old)].notes["role"] = REPLICA, PRIMARY
            self._state.write(records)

    def rejoin(self) -> None:
        """Have the replica follow the primary from the beginning, whatever it had. Errors: StackError."""
        self.start(self.replica, keep_data=False)
        self.follow()

    def follow(self) -> None:
        """Have the replica follow from where it was; returns when it has got all. Errors: StackError."""
        records = self._state.read()
        primary = self._primary(records)
        replication.follow(records[_other(primary)], records[primary])
        replication.await_following(records[_other(primary)], records[primary])

    def await_cluster(self) -> None:
        """Wait until the Redis Cluster misses nothing. Errors: StackError."""
        records = self._all_up(_UP)
        valkey_cluster.await_whole([records[name] for name in CACHES])


def _other(database: str) -> str:
    return next(name for name in DATABASES if name != database)


def _addresses(records: Records, names: Sequence[str]) -> list[str]:
    return [f"{LOOPBACK}:{records[name].port}" for name in names]


def lay_out(records: Records) -> None:
    """Decide what nodes must know of each other before any of them is there."""
    for name, record in records.items():
        record.notes.setdefault("number", name.rpartition("-")[2])
    first, second = (records[name] for name in DATABASES)
    first.notes.setdefault("role", PRIMARY)
    second.notes.setdefault("role", REPLICA)
    brokers = [records[name] for name in BROKERS if name in records]
    if not any(broker.wanted for broker in brokers):
        for broker in brokers:
            kafka.controller_port(broker)
        for broker in brokers:
            broker.notes["voters"] = kafka.voters(brokers)
            broker.notes["cluster_id"] = brokers[0].notes.get("cluster_id") or kafka.cluster_id()
    for database in (first, second):
        database.notes["password"] = first.notes.setdefault("password", secrets.token_hex(16))
