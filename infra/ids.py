"""Ids: UUIDv7 (RFC 9562) made by the application, so no table's id needs a shared counter."""

from uuid import UUID

from uuid_utils.compat import uuid7

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)


def new_id() -> UUID:
    """Make a new time-ordered id."""
    made: UUID = uuid7()
    return made


def made_at(id_: UUID) -> float:
    """Returns the Unix time at which an id of ours was made."""
    return (id_.int >> 80) / 1000


def first_id_of(seconds: float) -> UUID:
    """Returns an id than which none made at that moment (Unix time) or later is smaller; of a moment that no id
    has, the nearest one's."""
    millis = min(max(int(seconds * 1000), 0), (1 << 48) - 1)
    return UUID(int=millis << 80 | 0x7 << 76 | 0b10 << 62)


def spoken_number(source: UUID, prefix: str = "R") -> str:
    """Make a number people can read out: 60 random bits of ``source`` in Crockford's base 32,
    ``R-XXXX-XXXX-XXXX``."""
    bits = source.int & ((1 << 60) - 1)
    a, b, c, d, e, f = [_PAIRS[(bits >> shift) & 1023] for shift in (50, 40, 30, 20, 10, 0)]
    return f"{prefix}-{a}{b}-{c}{d}-{e}{f}"
