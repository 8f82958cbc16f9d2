"""Apache Kafka's jars and the Java to run them: from KAFKA_HOME, or resolved once by Maven from a pom."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from infra.stack.errors import Lack, MissingServer
from infra.stack.machine import find_program
from infra.stack.runner import Job

POM = Path(__file__).with_name("kafka-pom.xml")
_OLDEST_JAVA = 17
_GET_JAVA = "Install Java 17+ (Debian, Ubuntu: apt-get install default-jre-headless), or set "
_GET_JARS = (
    "Install Maven (Debian, Ubuntu: apt-get install maven) to have them fetched, or unpack Apache Kafka 4 and set "
    "KAFKA_HOME to it, or set "
)
_ADDRESS = "RUSHCART_KAFKA_BOOTSTRAP_SERVERS"


def find_java() -> Path:
    """Errors: MissingServer when there is no Java, or only one older than 17."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home) / "bin" / "java" if home else find_program("java")
    if java is None or not java.exists():
        raise MissingServer([Lack("kafka", "there is no Java on this machine", _GET_JAVA + _ADDRESS)])
    result = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    # openjdk version "17.0.15" 2025-04-15; of old: "1.8.0_292"
    found = re.search(r'version "(?:1\.)?(\d+)', result.stderr)
    if found is None or int(found[1]) < _OLDEST_JAVA:
        reason = f"{java} is not Java {_OLDEST_JAVA} or newer"
        raise MissingServer([Lack("kafka", reason, _GET_JAVA + _ADDRESS)])
    return java


def find_jars(cache: Path) -> Path | None:
    """Find the folder with Kafka's jars: KAFKA_HOME's, or the one fetched before into ``cache``.

    Errors: MissingServer when KAFKA_HOME is set and has none, or when they could not be fetched either.
    """
    home = os.environ.get("KAFKA_HOME")
    if home:
        jars = Path(home) / "libs"
        if version_of(jars) is None:
            raise MissingServer(
                [Lack("kafka", f"KAFKA_HOME is set to {home} but {jars} has no Kafka", _GET_JARS + _ADDRESS)]
            )
        return jars
    jars = _fetched(cache)
    if version_of(jars) is not None:
        return jars
    if find_program("mvn") is None:
        raise MissingServer(
            [Lack("kafka", "there is neither Kafka nor Maven on this machine", _GET_JARS + _ADDRESS)]
        )
    return None


def fetch_jars(cache: Path, job: Job) -> Path:
    """Have Maven resolve the pom; complete or not at all. Errors: MissingServer with Maven's words."""
    job.say("fetching Apache Kafka's jars by Maven, once")
    cache.mkdir(parents=True, exist_ok=True)
    jars = _fetched(cache)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetch-") as draft:
        command = [str(find_program("mvn")), "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        result = subprocess.run(  # noqa: S603 - our own command
            [*command, f"-DoutputDirectory={draft}/libs"], capture_output=True, text=True, check=False, timeout=900
        )
        if result.returncode != 0 or version_of(Path(draft) / "libs") is None:
            words = "\n".join(f"    {line}" for line in (result.stdout + result.stderr).splitlines()[:8])
            remedy = (
                f"Look at Maven's settings and the network, or set KAFKA_HOME or {_ADDRESS}. It said:\n{words}"
            )
            raise MissingServer([Lack("kafka", "Maven could not fetch the jars", remedy)])
        # Another process may have been faster: its jars are the same.
        if version_of(jars) is None:
            shutil.rmtree(jars, ignore_errors=True)
            (Path(draft) / "libs").rename(jars)
    return jars


def version_of(jars: Path) -> str | None:
    """Returns the version of the broker whose jars these are; None when there is no broker among them."""
    for jar in jars.glob("kafka_2.*.jar"):
        if found := re.fullmatch(r"kafka_2\.\d+-([\d.]+)\.jar", jar.name):
            return found[1]
    return None


def _fetched(cache: Path) -> Path:
    """A folder for each version, so that a new pin does not meet old jars."""
    version = ElementTree.parse(POM).findtext("{*}properties/{*}kafka.version")  # noqa: S314 - our own file
    return cache / f"kafka-{version}"
