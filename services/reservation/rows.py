"""An entry of an item's ``pending`` hash in Redis: its one reader here. That of the scripts is lua/shared.lua. And
what its ``holds`` have of an order."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import orjson

from infra.clock import from_millis
from models.order_document import OrderSnapshot

_ENTRY: Final = re.compile(rb"(\d+)\|(\d+)\|(\d+)\|([0-9a-f]+)\|([RXD])\|([^|]*)\|(.*)", re.DOTALL)


def hold_of(units: int, buyer: str) -> str:
    """Returns an entry of an item's ``holds`` hash; ``buyer`` in hex."""
    return f"{units}|{buyer}"


class PendingState(StrEnum):
    RESERVED = "R"
    UNDOING = "X"
    """Somebody has decided that it never was: until it is released, retries are told to wait."""
    PARKED = "D"
    """Its message is in the dead letters: it stays until that is replayed."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A reservation that is not yet known to be in the database.

    ``placed_ms`` and ``touched_ms`` by Redis's clock: when it was reserved, and when a retry last found it.
    ``buyer`` is an id in hex, ``key`` the idempotency key's bytes in hex (with the customer before it, where that
    is not the buyer), ``snapshot`` the order as JSON.
    """

    placed_ms: int
    touched_ms: int
    units: int
    buyer: str
    state: PendingState
    key: str
    snapshot: bytes

    def order(self, epoch: int) -> OrderSnapshot:
        """Decode the order; ``epoch`` is the item's, not in the entry. Errors: KeyError, TypeError, ValueError."""
        return OrderSnapshot.from_json(orjson.loads(self.snapshot)).placed(from_millis(self.placed_ms), epoch)


def read_pending(entry: bytes) -> Pending | None:
    """Decode an entry; returns None for what is not one of ours."""
    found = _ENTRY.fullmatch(entry)
    if found is None:
        return None
    placed, touched, units, buyer, state, key, snapshot = found.groups()
    return Pending(
        placed_ms=int(placed),
        touched_ms=int(touched),
        units=int(units),
        buyer=buyer.decode(),
        state=PendingState(state.decode()),
        key=key.decode(errors="replace"),
        snapshot=snapshot,
    )
