"""The life of an order as a table: from a state, the states that may follow. Pure."""

from functools import cache
from typing import Final

from models.enums import OrderStatus as S

TRANSITIONS: Final[dict[S, frozenset[S]]] = {
    S.ACCEPTED: frozenset({S.AWAITING_PAYMENT, S.REJECTED}),
    S.AWAITING_PAYMENT: frozenset({S.PAID, S.CANCELLED, S.EXPIRED}),
    S.PAID: frozenset({S.SHIPPED, S.CANCELLED, S.REFUNDED}),
    S.SHIPPED: frozenset({S.COMPLETED, S.REFUNDED}),
    S.COMPLETED: frozenset({S.REFUNDED}),
    S.CANCELLED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REJECTED: frozenset(),
    S.REFUNDED: frozenset(),
}


def may_become(source: S, target: S) -> bool:
    return target in TRANSITIONS[source]


def as_to_stock(status: S, shipped: int) -> S:
    """Returns the state as it is to stock: a line whose order was REFUNDED before any of it was sent has given its
    units back, as one CANCELLED has."""
    return S.CANCELLED if status == S.REFUNDED and not shipped else status


def is_final(status: S) -> bool:
    """Returns whether the order can change no more."""
    return not TRANSITIONS[status]


HOLDING: Final = (S.AWAITING_PAYMENT, S.PAID)
"""The units of such an order can still be given back."""
GIVEN_BACK: Final = (S.CANCELLED, S.EXPIRED, S.REJECTED)


@cache
def standing_of(stored: S, is_shipped: bool) -> tuple[bool, bool]:
    """Returns whether such an order's units are its customer's, and whether they may come back."""
    status = as_to_stock(stored, is_shipped)
    return status not in GIVEN_BACK, status in HOLDING
