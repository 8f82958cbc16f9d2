"""The servers as containers, where a Docker daemon answers: ``deploy/compose.stack.yaml`` with our ports."""

import contextlib
import hashlib
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from infra.ports import LOOPBACK, free_port, is_free
from infra.stack.errors import StackError
from infra.stack.machine import find_program
from infra.stack.probes import NotAnswering, probe
from infra.stack.runner import Job, Runner
from infra.stack.state import Record

COMPOSE_FILE = Path(__file__).parents[2] / "deploy" / "compose.stack.yaml"
_NOTE = "compose"
# Docker's own words for the signals that freeze and thaw a container.
_FREEZE = {signal.SIGSTOP: "pause", signal.SIGCONT: "unpause"}


class ComposeRunner(Runner):
    """One project a folder, so that two stacks on one machine do not meet; a service a server."""

    how = "compose"

    def __init__(self, folder: Path) -> None:
        self._project = f"rushcart-{hashlib.sha256(str(folder).encode()).hexdigest()[:10]}"
        # The services share a network, which the first one to be created makes.
        self._creating = threading.Lock()

    @classmethod
    def available(cls) -> bool:
        """Returns whether the file is there, Docker has Compose 2, and its daemon answers."""
        docker = find_program("docker")
        if docker is None or not COMPOSE_FILE.exists():
            return False
        try:
            for question in (["version", "--format", "{{.Server.Version}}"], ["compose", "version"]):
                subprocess.run([docker, *question], capture_output=True, check=True, timeout=10)  # noqa: S603
        except (subprocess.SubprocessError, OSError):
            return False
        return True

    def start(self, job: Job) -> None:
        """Create or start the container and wait for its health check, then for an answer from here."""
        record = job.record
        if not record.port or not (record.wanted or is_free(record.port)):
            record.port = free_port()
        record.notes.setdefault("password", secrets.token_hex(16))
        record.url = _url(job.server, record)
        record.notes[_NOTE] = self._project
        job.save()
        job.say(f"starting a container on {LOOPBACK}:{record.port}")
        with self._creating:
            self._compose(job.server, record, "create", job.server, timeout=600)
        self._compose(job.server, record, "up", "--detach", "--wait", job.server)
        try:
            version = probe(job.server, record.url, timeout=30.0)
        except NotAnswering as error:
            raise StackError(f"{job.server}: its container is healthy but does not answer ({error})") from error
        record.version = version or self._image_version(job.server, record)
        job.say(f"{record.version} answers on {LOOPBACK}:{record.port}")

    def stop(self, server: str, record: Record) -> None:
        if _NOTE in record.notes:
            self._compose(server, record, "stop", server)

    def erase(self, server: str, record: Record) -> None:
        if _NOTE in record.notes:
            self._compose(server, record, "rm", "--force", "--stop", "--volumes", server)
            self._docker("volume", "rm", "--force", f"{self._project}_{server}")
            # Refused while another of our containers is on it.
            with contextlib.suppress(StackError):
                self._docker("network", "rm", f"{self._project}_default")

    def pid(self, server: str, record: Record) -> int | None:
        try:
            container = self._compose(server, record, "ps", "--quiet", server)
            return int(self._docker("inspect", "--format", "{{.State.Pid}}", container)) or None
        except (StackError, ValueError):
            return None

    def signal(self, server: str, record: Record, signum: signal.Signals) -> None:
        if freeze := _FREEZE.get(signum):
            self._compose(server, record, freeze, server)
            return
        self._compose(server, record, "kill", "--signal", signum.name, server)

    def _image_version(self, server: str, record: Record) -> str:
        container = self._compose(server, record, "ps", "--all", "--quiet", server)
        image = self._docker("inspect", "--format", "{{.Config.Image}}", container)
        return f"{server.capitalize()} {image.rpartition(':')[2]}"

    def _compose(self, server: str, record: Record, *arguments: str, timeout: float = 120) -> str:
        command = ["compose", "--project-name", self._project, "--file", str(COMPOSE_FILE), *arguments]
        return self._docker(*command, variables=_variables(server, record), timeout=timeout)

    def _docker(self, *arguments: str, variables: Mapping[str, str] | None = None, timeout: float = 60) -> str:
        """Run docker; returns what it printed. Errors: StackError with its last words."""
        try:
            result = subprocess.run(  # noqa: S603 - our own command
                [str(find_program("docker")), *arguments],
                env={**os.environ, **(variables or {})},
                capture_output=True,
                text=True,
                check=True,
                timeout=timeout,
            )
        except subprocess.CalledProcessError as error:
            words = "\n".join(f"    {line}" for line in str(error.stderr).splitlines()[-8:])
            raise StackError(f"docker {arguments[0]} failed:\n{words}") from error
        except (subprocess.TimeoutExpired, OSError) as error:
            raise StackError(f"docker {arguments[0]} failed: {error}") from error
        return result.stdout.strip()


def _variables(server: str, record: Record) -> dict[str, str]:
    """What the file asks for; a service that is not meant gets a value all the same, as the file is one."""
    variables = {f"RUSHCART_STACK_{name}_PORT": "1" for name in ("DATABASE", "REDIS", "KAFKA")}
    variables[f"RUSHCART_STACK_{server.upper()}_PORT"] = str(record.port)
    variables["RUSHCART_STACK_DATABASE_PASSWORD"] = record.notes.get("password", "-")
    return variables


def _url(server: str, record: Record) -> str:
    if server == "database":
        return f"mysql+asyncmy://rushcart:{record.notes['password']}@{LOOPBACK}:{record.port}/rushcart"
    return f"redis://{LOOPBACK}:{record.port}/0" if server == "redis" else f"{LOOPBACK}:{record.port}"
