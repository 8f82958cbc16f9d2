"""Whose a cart is: a customer's, or that of whoever has its token; and why a change of it is refused. Pure."""

import hashlib
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

from infra.ids import new_id

_SECRET_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Owner:
    """``token_hash``: None for a customer's cart, which has the customer's id."""

    cart_id: UUID
    token_hash: str | None = None

    @classmethod
    def customer(cls, user_id: UUID) -> "Owner":
        return cls(user_id)

    @classmethod
    def guest(cls, token: str | None) -> "Owner | None":
        """Returns the owner whom a guest's token names; None for what is no token of ours.

        Whether there is such a cart is seen when it is looked for.
        """
        if token is None or not _TOKEN.fullmatch(token):
            return None
        return cls(UUID(bytes=urlsafe_b64decode(token)[:16]), _hash(token))


def new_guest() -> tuple[Owner, str]:
    """Make an owner of a cart that is not there yet, and the token: the cart's id and 256 random bits.

    Only the hash of a token is ever kept.
    """
    cart_id = new_id()
    token = urlsafe_b64encode(cart_id.bytes + secrets.token_bytes(_SECRET_BYTES)).decode()
    return Owner(cart_id, _hash(token)), token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class CartRefusal(Exception):
    """Nothing was changed."""


class NoCart(CartRefusal):
    """There is none, it has expired, or it is another's: that looks the same."""


class NoLine(CartRefusal):
    pass


class TooMany(CartRefusal):
    """``there``: units in the line now."""

    def __init__(self, there: int) -> None:
        super().__init__(there)
        self.there = there


class TooManyLines(CartRefusal):
    pass


class OtherCurrency(CartRefusal):
    """``currency``: the one that the lines of the cart are priced in."""

    def __init__(self, currency: str) -> None:
        super().__init__(currency)
        self.currency = currency
