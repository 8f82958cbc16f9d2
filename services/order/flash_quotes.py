"""Quotes of flash orders: signed, and kept by the customer, so that the click asks no database what it costs.

Signed with a key that is derived from the one that signs access tokens: a keyed BLAKE2b (RFC 7693) is checked in a
microsecond, an ES256 signature takes a hundred.
"""

import hmac
import secrets
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from infra.clock import Clock
from infra.signing_keys import SigningKeys
from models.address_document import AddressDoc
from models.charges_document import Charges
from services.shared.errors import InvalidInput

_PURPOSE: Final = b"rushcart flash quote 4"
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
    it from all others, once it is signed. ``total`` is that of the charges.
    """

    customer_id: UUID
    items: tuple[QuotedItem, ...]
    currency: str
    expires_ms: int
    address: AddressDoc | None
    charges: Charges
    total: int
    code_hold: UUID | None = None
    armed: UUID | None = None
    mark: str = ""

    @property
    def wanted(self) -> list[tuple[UUID, int]]:
        """The items, each with its units."""
        return [item[:2] for item in self.items]


@dataclass(frozen=True, slots=True)
class FlashQuotes:
    keys: SigningKeys
    now: Clock

    def sign(self, quote: FlashQuote) -> str:
        signing = self.keys.current(self.now())
        body = b2a_base64(_signed(quote), newline=False).decode()
        return f"{signing.kid}.{body}.{_mac(signing.kid, signing.key, body)}"

    def read(self, text: str, customer_id: UUID) -> FlashQuote:
        """Read a quote of this customer, which may have expired. Errors: InvalidInput, also for another's."""
        kid, _, rest = text[: _MAX_LENGTH + 1].partition(".")
        body, _, mac = rest.rpartition(".")
        key = self.keys.get(kid) if len(text) <= _MAX_LENGTH and text.isascii() else None
        if key is None or not hmac.compare_digest(mac, _mac(kid, key, body)):
            raise InvalidInput.at("quote", message="is no quote of this shop")
        quote = _signed_quote(a2b_base64(body), customer_id, mac)
        if quote is None:
            raise InvalidInput.at("quote", message="is no quote of this shop")
        return quote


def parts_of_quote(quote: FlashQuote) -> list[Any]:
    """Returns all but whose it is, in an order of its own, without names: as armed orders are kept."""
    address = quote.address
    return [
        _items(quote),
        quote.currency,
        quote.expires_ms,
        None if address is None else list(address.to_json().values()),
        quote.charges.to_row(),
        _hex(quote.code_hold),
    ]


def quote_of(customer_id: UUID, parts: Sequence[Any], armed: UUID) -> FlashQuote:
    """Returns what ``parts_of_quote`` took to pieces."""
    items, currency, expires, address, charged, hold = parts
    charges = Charges.from_row(charged)
    return FlashQuote(
        customer_id,
        _quoted(items),
        currency,
        expires,
        None if address is None else AddressDoc(UUID(address[0]), *address[1:]),
        charges,
        charges.total,
        _id(hold),
        armed,
    )


def _signed(quote: FlashQuote) -> bytes:
    """Returns a line of what the click reads, and one for each document that it only hands on."""
    nonce = secrets.token_urlsafe(9)  # of two that are equal each is its own
    ids = [quote.customer_id.hex, _hex(quote.armed), _hex(quote.code_hold)]
    read = [*ids, _items(quote), quote.currency, quote.expires_ms, quote.total, nonce]
    address = b"" if quote.address is None else quote.address.encoded()
    return b"\n".join((orjson.dumps(read), address, quote.charges.encoded()))


def _signed_quote(signed: bytes, customer_id: UUID, mark: str) -> FlashQuote | None:
    """Returns what was ``_signed``; None when it is another's."""
    read, address, charges = signed.split(b"\n")
    owner, armed, hold, items, currency, expires, total, _nonce = orjson.loads(read)
    if owner != customer_id.hex:
        return None
    return FlashQuote(
        customer_id,
        _quoted(items),
        currency,
        expires,
        AddressDoc.ready(address) if address else None,
        Charges.ready(charges),
        total,
        _id(hold),
        _id(armed),
        mark,
    )


def _items(quote: FlashQuote) -> list[tuple[str, int, int]]:
    return [(item.item_id.hex, item.quantity, item.price) for item in quote.items]


def _quoted(items: Iterable[tuple[str, int, int]]) -> tuple[QuotedItem, ...]:
    return tuple([QuotedItem(UUID(item), quantity, price) for item, quantity, price in items])


def _hex(id_: UUID | None) -> str | None:
    return None if id_ is None else id_.hex


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


def _mac(kid: str, key: ECKey, body: str) -> str:
    return blake2b(body.encode(), key=_derived(kid, key), digest_size=32).hexdigest()


_DERIVED: Final[dict[str, bytes]] = {}
"""By the keys' thumbprints; a process has few keys."""


def _derived(kid: str, key: ECKey) -> bytes:
    if kid not in _DERIVED:
        _DERIVED[kid] = hmac.digest(str(key.as_dict(private=True)["d"]).encode(), _PURPOSE, "sha256")
    return _DERIVED[kid]
