"""Entries of a stream as redis-py gives them, in RESP2 as in RESP3."""

from collections.abc import Mapping
from typing import Any

import orjson

from infra.eventlog.protocol import Message


def entries_of(reply: Any) -> list[Any]:
    """Returns (id, fields) of the one stream that was read."""
    pairs = list(reply.items()) if isinstance(reply, Mapping) else list(reply or ())
    return list(flat(pairs[0][1])) if pairs else []


def flat(entries: Any) -> Any:
    # RESP3 wraps the entries of a stream in one more list.
    return entries[0] if entries and isinstance(entries[0], list) and len(entries) == 1 else entries


def message_of(topic: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Message:
    headers = orjson.loads(fields[b"h"]) if b"h" in fields else {}
    return Message(topic, fields.get(b"k", b"").decode(), fields.get(b"v", b""), entry_id.decode(), headers)


def before(entry_id: bytes, seconds: float) -> bytes:
    """Returns an id that is so much older, or the same."""
    millis = int(entry_id.partition(b"-")[0]) - int(seconds * 1000)
    return entry_id if seconds == 0 else b"%d-0" % max(0, millis)
