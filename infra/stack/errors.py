"""What can go wrong with the stack; every text is meant for the person at the terminal."""

from collections.abc import Sequence
from dataclasses import dataclass


class StackError(Exception):
    """The stack cannot do what was asked; nothing that this call started is left running."""


class Cancelled(StackError):
    """A server was no longer waited for, because another one failed."""


class StackNotUp(StackError):
    """There is no stack in this folder, or a server of it was never started."""


@dataclass(frozen=True)
class Lack:
    """A server that cannot be had here: why, and the way to get it."""

    server: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.server}: {self.reason}. {self.remedy}"


class MissingServer(StackError):
    """Some servers cannot be had on this machine; ``lacks`` names them, and for Kafka both Java and the jars."""

    def __init__(self, lacks: Sequence[Lack]) -> None:
        self.lacks = tuple(lacks)
        super().__init__("\n".join(str(lack) for lack in self.lacks))
