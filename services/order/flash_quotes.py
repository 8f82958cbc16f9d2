"""Quotes of flash orders: signed, and kept by the customer, so that the click asks no database what it costs.

Signed with a key that is derived from the one that signs access tokens: an HMAC is checked in microseconds, an
ES256 signature takes a hundred.
"""

import hmac
import secrets
from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from infra.clock import Clock
from infra.signing_keys import SigningKeys
from models.address_document import AddressDoc
from models.charges_document import Charges
from services.shared.errors import InvalidInput

_PURPOSE: Final = b"rushcart flash quote 3"
"""With its version: another one where what is signed has other parts."""
_MAX_LENGTH: Final = 8192


class QuotedItem(NamedTuple):
    """``price`` of one unit."""

    item_id: UUID
    quantity: int
    price: int


@dataclass(frozen=True, slots=True)
class FlashQuote:
    """What the items cost this customer, sent to ``address``. ``expires_ms`` is in milliseconds since the epoch;
    ``code_hold`` is the use of a code that is held for it; ``armed`` the armed order that it is of; ``mark`` tells
    it from all others, once it is signed.
    """

    customer_id: UUID
    items: tuple[QuotedItem, ...]
    currency: str
    expires_ms: int
    address: AddressDoc | None
    charges: Charges
    code_hold: UUID | None = None
    armed: UUID | None = None
    mark: str = ""

    def units(self) -> dict[UUID, int]:
        """Returns them by item."""
        return {item.item_id: item.quantity for item in self.items}


@dataclass(frozen=True, slots=True)
class FlashQuotes:
    keys: SigningKeys
    now: Clock

    def sign(self, quote: FlashQuote) -> str:
        signing = self.keys.current(self.now())
        body = b2a_base64(orjson.dumps(_signed(quote)), newline=False).decode()
        return f"{signing.kid}.{body}.{_mac(signing.kid, signing.key, body)}"

    def read(self, text: str, customer_id: UUID) -> FlashQuote:
        """Read a quote of this customer, which may have expired. Errors: InvalidInput, also for another's."""
        kid, _, rest = text[: _MAX_LENGTH + 1].partition(".")
        body, _, mac = rest.rpartition(".")
        key = self.keys.get(kid) if len(text) <= _MAX_LENGTH and text.isascii() else None
        if key is None or not hmac.compare_digest(mac, _mac(kid, key, body)):
            raise InvalidInput.at("quote", message="is no quote of this shop")
        owner, armed, *parts, _nonce = orjson.loads(a2b_base64(body))
        if owner != customer_id.hex:
            raise InvalidInput.at("quote", message="is no quote of this shop")
        return quote_of(customer_id, parts, None if armed is None else UUID(armed), mark=mac)


def parts_of_quote(quote: FlashQuote) -> list[Any]:
    """Returns all but whose it is, in an order of its own, without names: the click reads nothing that it need
    not."""
    address = quote.address
    return [
        [(item.item_id.hex, item.quantity, item.price) for item in quote.items],
        quote.currency,
        quote.expires_ms,
        None if address is None else [address.id.hex, *astuple(address)[1:]],
        quote.charges.to_row(),
        None if quote.code_hold is None else quote.code_hold.hex,
    ]


def quote_of(customer_id: UUID, parts: Sequence[Any], armed: UUID | None = None, *, mark: str = "") -> FlashQuote:
    """Returns what ``parts_of_quote`` took to pieces."""
    items, currency, expires, address, charged, hold = parts
    return FlashQuote(
        customer_id,
        tuple(QuotedItem(UUID(item), quantity, price) for item, quantity, price in items),
        currency,
        expires,
        None if address is None else AddressDoc(UUID(address[0]), *address[1:]),
        Charges.from_row(charged),
        None if hold is None else UUID(hold),
        armed,
        mark,
    )


def _signed(quote: FlashQuote) -> list[Any]:
    armed = None if quote.armed is None else quote.armed.hex
    nonce = secrets.token_urlsafe(9)  # of two that are equal each is its own
    return [quote.customer_id.hex, armed, *parts_of_quote(quote), nonce]


def _mac(kid: str, key: ECKey, body: str) -> str:
    return hmac.digest(_derived(kid, key), body.encode(), "sha256").hex()


_DERIVED: Final[dict[str, bytes]] = {}
"""By the keys' thumbprints; a process has few keys."""


def _derived(kid: str, key: ECKey) -> bytes:
    if kid not in _DERIVED:
        _DERIVED[kid] = hmac.digest(str(key.as_dict(private=True)["d"]).encode(), _PURPOSE, "sha256")
    return _DERIVED[kid]
