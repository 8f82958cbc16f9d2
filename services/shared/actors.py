"""Who did something to an order, as those may know it who look. Pure."""

from enum import StrEnum
from uuid import UUID


class OrderActor(StrEnum):
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    SYSTEM = "SYSTEM"


def role_of(actor: str, customer_id: UUID) -> OrderActor:
    """Returns the role of ``actor``, which is as in the history: ``user:`` or ``token:`` and an id, or the name of
    a part of the server."""
    kind, _, key = actor.partition(":")
    if kind == "user" and key == customer_id.hex:
        return OrderActor.CUSTOMER
    return OrderActor.STAFF if kind in ("user", "token") else OrderActor.SYSTEM
