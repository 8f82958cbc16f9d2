"""What a process says of itself."""

import os
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from infra.ids import new_id
from infra.version import version

API: Final = "api"
"""The kind of those that balancers send requests to."""


@dataclass(frozen=True, slots=True)
class Instance:
    """``url``: where it serves requests, or its metrics; empty for one that serves nothing. ``ready``: all its
    stores answer. ``since``: when it started, ISO 8601."""

    id: str
    kind: str
    url: str
    version: str
    pid: int
    ready: bool
    since: str

    @classmethod
    def of_this_process(cls, kind: str, url: str, since: str) -> "Instance":
        return cls(new_id().hex, kind, url, version(), os.getpid(), False, since)

    def to_json(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def from_json(cls, raw: bytes) -> "Instance | None":
        """Read an instance; None of what is none."""
        try:
            told: dict[str, Any] = orjson.loads(raw)
            return cls(
                str(told["id"]), str(told.get("kind", API)), str(told["url"]), str(told["version"]),
                int(told["pid"]), bool(told["ready"]), str(told["since"]),
            )  # fmt: skip
        except (ValueError, KeyError, TypeError):
            return None
