"""Names of the keys in Redis. A cart shares its slot with the set that says it is not written yet."""

from typing import Final
from uuid import UUID

BUCKETS: Final = tuple("0123456789abcdef")
"""The last digit of a cart's id, which is random."""


def cart_key(cart_id: UUID) -> str:
    return f"cart:{{{_bucket(cart_id)}}}:{cart_id.hex}"


def adopting_key(cart_id: UUID) -> str:
    """A mark of those who are about to take the cart over from the database; a change ends that."""
    return f"{cart_key(cart_id)}:adopting"


def dirty_key(cart_id: UUID) -> str:
    """Sorted set of carts (hex) that changed, by the time of the first change that is not in the database."""
    return dirty_key_of(_bucket(cart_id))


def dirty_key_of(bucket: str) -> str:
    return f"cart:{{{bucket}}}:dirty"


def _bucket(cart_id: UUID) -> str:
    return cart_id.hex[-1]
