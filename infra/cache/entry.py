"""An entry of the second level: a head that tells its age and names this very entry, then the payload.

The head's stamp is the entry's version: each write makes a new one, and a filler may replace only the entry (or
the absence) that it saw before it read the database.
"""

import math
import os
import random
import time
from dataclasses import dataclass
from struct import Struct
from typing import Final

DOCUMENT: Final = b"D"
NOTHING: Final = b"N"
"""The database has no such thing."""
TOMBSTONE: Final = b"T"
"""It changed: whatever was read before may not be written."""

# kind, schema of the payload, epoch, born (ms since 1970), life (ms), cost of filling (ms), stamp
_HEAD: Final = Struct(">cB8sQII8s")
HEAD_BYTES: Final = _HEAD.size
NO_EPOCH: Final = bytes(8)
ABSENT: Final = b""
"""The head of what is not there."""
_SURE: Final = 40.0


@dataclass(frozen=True, slots=True)
class Entry:
    """Times in seconds."""

    kind: bytes
    head: bytes
    payload: bytes
    ends: float
    cost: float

    def is_due(self, now: float) -> bool:
        """Returns whether this reader shall refill it ahead of its end.

        XFetch (Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention, VLDB 2015):
        refill when ``now - cost * beta * ln(rand()) >= ends``, rand() uniform in (0, 1], beta = 1. The nearer the
        end and the dearer the fill, the likelier; of many readers one does it, early by about its cost.
        """
        left = self.ends - now
        if self.kind != DOCUMENT or left > self.cost * _SURE:
            return False
        return -self.cost * math.log(1.0 - random.random()) >= left  # noqa: S311 - no secret


def parse(raw: bytes, schema: int, epoch: bytes) -> Entry | None:
    """Read an entry; None for what is of another schema or epoch, or no entry at all: it is as good as absent."""
    if len(raw) < HEAD_BYTES:
        return None
    kind, of_schema, of_epoch, born, life, cost, _ = _HEAD.unpack_from(raw)
    if of_schema != schema or of_epoch != epoch:
        return None
    return Entry(kind, raw[:HEAD_BYTES], raw[HEAD_BYTES:], (born + life) / 1000, cost / 1000)


def make(kind: bytes, payload: bytes, *, schema: int, epoch: bytes, life: float, cost: float) -> bytes:
    """Make an entry; ``life`` and ``cost`` in seconds."""
    head = _HEAD.pack(
        kind,
        schema,
        epoch,
        int(time.time() * 1000),
        min(int(life * 1000), 2**32 - 1),
        min(round(cost * 1000), 2**32 - 1),
        os.urandom(8),
    )
    return head + payload
