"""What a reader saw in Redis before it reads the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from infra.cache.entry import DOCUMENT, HEAD_BYTES, NO_EPOCH, TOMBSTONE, Entry, parse


@dataclass(slots=True)
class Look:
    """The heads of all that is there, and the entries that may be used. ``away``: Redis did not answer."""

    away: bool = False
    epoch: bytes = NO_EPOCH
    heads: dict[str, bytes] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Sequence[str], values: Sequence[bytes | None], schema: int, epoch: bytes) -> "Look":
        look = cls(epoch=epoch)
        for key, raw in zip(keys, values, strict=True):
            if raw is None:
                continue
            look.heads[key] = raw[:HEAD_BYTES]
            entry = parse(raw, schema, epoch)
            if entry is not None and entry.kind != TOMBSTONE:
                look.entries[key] = entry
        return look

    def missing(self, keys: Iterable[str]) -> list[str]:
        return [key for key in keys if key not in self.entries]

    def documents(self) -> dict[str, bytes]:
        return {key: entry.payload for key, entry in self.entries.items() if entry.kind == DOCUMENT}
