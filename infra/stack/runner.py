"""How a server can be had: the interface that the environment, Compose and the machine fill in."""

import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from infra.stack.errors import StackError
from infra.stack.state import How, Record


class Job:
    """One server being started: its record, and what the starting thread may tell and must heed."""

    def __init__(
        self,
        server: str,
        record: Record,
        *,
        save: Callable[[], None],
        echo: Callable[[str], None],
        cancelled: threading.Event,
    ) -> None:
        self.server = server
        self.record = record
        self.save = save
        self.cancelled = cancelled
        self._echo = echo

    def say(self, text: str) -> None:
        self._echo(f"{self.server:<10} {text}")


class Runner(ABC):
    """Starts and stops servers in one way. Blocking; each server from one thread at a time."""

    how: ClassVar[How]

    @abstractmethod
    def start(self, job: Job) -> None:
        """Start it and wait until it answers; the record then says where. Errors: StackError."""

    @abstractmethod
    def stop(self, server: str, record: Record) -> None:
        """Stop it; stopped already is fine. Data are kept."""

    @abstractmethod
    def erase(self, server: str, record: Record) -> None:
        """Remove the data of a server that is stopped."""

    @abstractmethod
    def pid(self, server: str, record: Record) -> int | None:
        """Returns its process, None when it does not run or cannot be seen from here."""

    @abstractmethod
    def signal(self, server: str, record: Record, signum: signal.Signals) -> None:
        """Signal it; after SIGKILL it is gone when this returns. Errors: StackError when it does not run."""


class EnvironmentRunner(Runner):
    """Somebody else's server: asked whether it answers, and never touched."""

    how = "environment"

    def start(self, job: Job) -> None:
        from infra.stack.probes import NotAnswering, address, probe

        try:
            version = probe(job.server, job.record.url, timeout=10.0)
        except NotAnswering as error:
            where = address(job.server, job.record.url)
            raise StackError(
                f"{job.server}: the address in the environment, {where}, does not answer ({error})"
            ) from error
        job.record.version = version
        job.say(f"answers at the address in the environment ({version or 'version unknown'})")

    def stop(self, server: str, record: Record) -> None:
        """Leave it: it is not ours to stop."""

    def erase(self, server: str, record: Record) -> None:
        """Leave it: it is not ours to erase."""

    def pid(self, server: str, record: Record) -> int | None:
        return None

    def signal(self, server: str, record: Record, signum: signal.Signals) -> None:
        raise StackError(f"{server}: its address was given in the environment, so its process is not ours")
