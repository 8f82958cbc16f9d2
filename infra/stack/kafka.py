"""Apache Kafka on this machine: one node that is broker and controller (KRaft)."""

import base64
import shutil
import subprocess
import uuid
from pathlib import Path
from typing import ClassVar

from infra.ports import LOOPBACK, free_port, is_free
from infra.processes import tail
from infra.stack.errors import Lack, MissingServer, StackError
from infra.stack.kafka_jars import fetch_jars, find_jars, find_java, version_of
from infra.stack.machine import Recipe
from infra.stack.runner import Job
from infra.stack.state import Record, ServerName

# A broker killed with -9 may register again only after its old session: 2 s here, 9 s by default. The log cleaner
# would take half of the small heap for itself: with a thousand partitions the broker does not start any more.
_CONFIG = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=PLAINTEXT://{host}:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={data}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
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
    server: ClassVar[ServerName] = "kafka"

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._java: Path | None = None
        self._jars: Path | None = None

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
        if self._jars is None:
            self._jars = fetch_jars(self._cache, job)

    def prepare(self, job: Job, folder: Path) -> None:
        self.fetch(job)
        assert self._jars is not None
        record = job.record
        record.version = f"Kafka {version_of(self._jars)}"
        controller_port = int(record.notes.get("controller_port", 0))
        if not controller_port or not is_free(controller_port):
            controller_port = free_port()
            record.notes["controller_port"] = str(controller_port)
        config = _CONFIG.format(
            host=LOOPBACK, port=record.port, controller_port=controller_port, data=folder / "data"
        )
        (folder / "server.properties").write_text(config, encoding="utf-8")
        if not (folder / "data" / "meta.properties").exists():
            job.say("formatting an empty log")
            self._format(folder)

    def _format(self, folder: Path) -> None:
        shutil.rmtree(folder / "data", ignore_errors=True)
        log = folder / "format.log"
        command = self._run("kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", "server.properties")
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


def _cluster_id() -> str:
    """Make an id as kafka-storage random-uuid does: 16 random bytes in URL-safe base64, no leading dash."""
    while True:
        identifier = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not identifier.startswith("-"):
            return identifier
