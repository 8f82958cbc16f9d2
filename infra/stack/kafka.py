"""Apache Kafka on this machine: a node is broker and controller (KRaft), alone or one of several."""

import base64
import shutil
import subprocess
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

from infra.ports import LOOPBACK, free_port, is_free
from infra.processes import tail
from infra.stack.errors import Lack, MissingServer, StackError
from infra.stack.kafka_jars import fetch_jars, find_jars, find_java, version_of
from infra.stack.machine import Recipe
from infra.stack.runner import Job
from infra.stack.state import Record

# A broker killed with -9 may register again only after its old session: 2 s here, 9 s by default. The log cleaner
# would take half of the small heap for itself: with a thousand partitions the broker does not start any more.
_CONFIG = """\
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
default.replication.factor={brokers}
min.insync.replicas={in_sync}
offsets.topic.replication.factor={brokers}
offsets.topic.num.partitions=4
transaction.state.log.replication.factor={brokers}
transaction.state.log.min.isr={in_sync}
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=8388608
"""
_JVM = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true")
_LOGGING = "-Dorg.apache.logging.log4j.level=WARN"


class KafkaRecipe(Recipe):
    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._java: Path | None = None
        self._jars: Path | None = None
        self._fetching = threading.Lock()

    def find(self) -> None:
        lacks: list[Lack] = []
        try:
            self._java = find_java()
        except MissingServer as error:
            lacks.extend(error.lacks)
        try:
            self._jars = find_jars(self._cache)
        except MissingServer as error:
            lacks.extend(error.lacks)
        if lacks:
            raise MissingServer(lacks)

    def fetch(self, job: Job) -> None:
        """Get the jars when they are not here yet. Errors: MissingServer."""
        with self._fetching:
            if self._jars is None:
                self._jars = fetch_jars(self._cache, job)

    def prepare(self, job: Job, folder: Path) -> None:
        self.fetch(job)
        assert self._jars is not None
        record = job.record
        record.version = f"Kafka {version_of(self._jars)}"
        if "voters" not in record.notes:
            controller_port(record)
        (folder / "server.properties").write_text(config_of(record, folder), encoding="utf-8")
        if not (folder / "data" / "meta.properties").exists():
            job.say("formatting an empty log")
            self._format(folder, record.notes.get("cluster_id") or cluster_id())

    def _format(self, folder: Path, cluster: str) -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)
        log = folder / "format.log"
        command = self._run("kafka.tools.StorageTool", "format", "-t", cluster, "-c", "server.properties")
        with log.open("wb") as output:
            result = subprocess.run(  # noqa: S603 - our own command
                command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=False, timeout=60
            )
        if result.returncode != 0:
            raise StackError(f"kafka: no empty log could be made. The end of {log}:\n{tail(log)}")

    def _run(self, main: str, *arguments: str, heap: str = "64m") -> list[str]:
        return [str(self._java), f"-Xmx{heap}", *_JVM, _LOGGING, "-cp", f"{self._jars}/*", main, *arguments]

    def command(self, record: Record, folder: Path) -> list[str]:
        return self._run("kafka.Kafka", "server.properties", heap="256m")

    def url(self, record: Record) -> str:
        return f"{LOOPBACK}:{record.port}"

    def erase(self, folder: Path) -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)


def controller_port(record: Record) -> int:
    """Returns the port of the node's controller, another one when somebody else has it by now."""
    port = int(record.notes.get("controller_port", 0))
    if not port or not is_free(port):
        port = free_port()
        record.notes["controller_port"] = str(port)
    return port


def voters(nodes: Sequence[Record]) -> str:
    """Returns what all nodes must know of each other: the number and the address of each one's controller."""
    return ",".join(f"{n}@{LOOPBACK}:{node.notes['controller_port']}" for n, node in enumerate(nodes, 1))


def config_of(record: Record, folder: Path) -> str:
    """Returns the settings of a node alone, or of one of those that ``voters`` in its notes names.

    Of several, all but one must have a message before it counts.
    """
    notes = record.notes
    quorum = notes.get("voters") or voters([record])
    brokers = quorum.count("@")
    return _CONFIG.format(
        host=LOOPBACK,
        port=record.port,
        controller_port=notes["controller_port"],
        number=notes.get("number", "1"),
        voters=quorum,
        brokers=brokers,
        in_sync=max(1, brokers - 1),
        data=folder / "data",
    )


def cluster_id() -> str:
    """Make an id as kafka-storage random-uuid does: 16 random bytes in URL-safe base64, no leading dash."""
    while True:
        identifier = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not identifier.startswith("-"):
            return identifier
