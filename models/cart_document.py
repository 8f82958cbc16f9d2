"""A cart outside the database: as Redis keeps it, in a hash, and as readers see it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

import orjson

from infra.clock import from_millis, to_millis

LINE: Final = "l:"
"""Before a line's id: the field that holds ``quantity|selected|added at|details``."""


@dataclass(frozen=True, slots=True)
class LineDoc:
    """``price`` (minor units of the cart's currency), ``sku`` and ``title`` are as they were when it was added."""

    id: UUID
    variant_id: UUID
    sku: str
    title: str
    quantity: int
    selected: bool
    price: int
    added_at: datetime

    def details(self) -> bytes:
        """Returns what no script looks at."""
        return orjson.dumps([self.variant_id.hex, self.sku, self.title, self.price])


@dataclass(frozen=True, slots=True)
class CartDoc:
    """Lines in the order they were added. ``base`` is the version in the database that this life began with."""

    id: UUID
    token_hash: str | None
    currency: str | None
    version: int
    life: str
    base: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    lines: tuple[LineDoc, ...]

    def line(self, line_id: UUID) -> LineDoc | None:
        return next((line for line in self.lines if line.id == line_id), None)


def line_id(cart_id: UUID, variant_id: UUID) -> UUID:
    """Returns a line's id: a variant has one line in a cart, so two who add it at once mean the same."""
    return uuid5(cart_id, variant_id.hex)


def in_order(lines: Iterable[LineDoc]) -> tuple[LineDoc, ...]:
    """Returns the lines as they were added."""
    return tuple(sorted(lines, key=lambda line: (line.added_at, line.id)))


def to_fields(cart: CartDoc) -> dict[str, str | bytes | int]:
    """Returns the hash in Redis, but for what the scripts keep for themselves."""
    fields: dict[str, str | bytes | int] = {
        "v": cart.version,
        "base": cart.base,
        "life": cart.life,
        "tok": cart.token_hash or "",
        "cur": cart.currency or "",
        "made": to_millis(cart.created_at),
        "at": to_millis(cart.updated_at),
        "exp": 0 if cart.expires_at is None else to_millis(cart.expires_at),
        "n": len(cart.lines),
    }
    for line in cart.lines:
        fields[LINE + line.id.hex] = b"%d|%d|%d|%b" % (
            line.quantity,
            line.selected,
            to_millis(line.added_at),
            line.details(),
        )
    return fields


def from_fields(cart_id: UUID, reply: Sequence[bytes]) -> CartDoc:
    """Read a cart from HGETALL's names and values, one after another."""
    fields = {name.decode(): value for name, value in zip(reply[::2], reply[1::2], strict=True)}
    lines = [_line(name, value) for name, value in fields.items() if name.startswith(LINE)]
    expires = int(fields["exp"])
    return CartDoc(
        id=cart_id,
        token_hash=_text(fields, "tok"),
        currency=_text(fields, "cur"),
        version=int(fields["v"]),
        life=fields["life"].decode(),
        base=int(fields["base"]),
        created_at=from_millis(int(fields["made"])),
        updated_at=from_millis(int(fields["at"])),
        expires_at=from_millis(expires) if expires else None,
        lines=in_order(lines),
    )


def _text(fields: Mapping[str, bytes], name: str) -> str | None:
    return fields[name].decode() or None


def _line(name: str, value: bytes) -> LineDoc:
    quantity, selected, at, details = value.split(b"|", 3)
    variant, sku, title, price = orjson.loads(details)
    return LineDoc(
        id=UUID(name.removeprefix(LINE)),
        variant_id=UUID(variant),
        sku=sku,
        title=title,
        quantity=int(quantity),
        selected=selected == b"1",
        price=price,
        added_at=from_millis(int(at)),
    )
