"""What Rushcart asks of a payment provider. See docs/payment-providers.md for how to write one.

A provider tells how a payment stands by a ``Standing``: what was captured and refunded in all, never what was
added. So any order of arrival and any repetition of its news come to the same.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from models import PaymentStatus
from services.shared.signature import ProviderError


class Unreachable(ProviderError):
    """There was no answer, or none that says what happened: it may have happened."""


class Declined(ProviderError):
    """The provider will not take this payment; the message is for the customer."""


class Refused(ProviderError):
    """The provider will not do it, now or later; nothing happened."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What to take: ``amount`` in minor units. The same ``key`` is the same payment, however often it is created.

    ``base_url`` is where browsers reach this server; they come back to ``return_url``. ``captures``: take the
    money as soon as it is approved; else hold it until ``capture``.
    """

    key: str
    amount: int
    currency: str
    description: str
    base_url: str
    return_url: str
    captures: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands. ``captured``, ``refunded`` and ``fees`` in minor units, in all so far.

    ``fees`` is None while it is not known; then it is asked for again, for a while.
    ``status`` is PENDING, AUTHORIZED, CAPTURED, FAILED or CANCELLED; refunds are in the numbers. ``key`` is the
    charge's, ``reference`` the provider's own id; empty where we say so of our own.
    """

    key: str
    reference: str
    status: PaymentStatus
    amount: int
    currency: str
    captured: int = 0
    refunded: int = 0
    fees: int | None = 0
    redirect_url: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified webhook. ``standing`` is None when its kind is not one that is used."""

    id: str
    kind: str
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class SetUp:
    """What is to be charged later, without the customer: the same ``key`` is the same set-up. ``customer`` is our
    id; URLs as in ``Charge``."""

    key: str
    customer: str
    base_url: str
    return_url: str


@dataclass(frozen=True, slots=True)
class SetUpStanding:
    """How a set-up stands. ``is_ready`` is None while the customer is yet to do something, at ``redirect_url``;
    ``method`` is what ``charge_off_session`` takes, up to 200 characters, of one that is ready."""

    reference: str
    is_ready: bool | None
    method: str | None = None
    redirect_url: str | None = None


class Provider(Protocol):
    """Calls may take seconds and are never made within a transaction. Errors of those that are awaited:
    Unreachable, Refused.
    """

    name: str

    @staticmethod
    def step(currency: str) -> int:
        """Returns the minor units of which every amount that it charges or gives back is a multiple; 1 for any."""
        ...

    async def create(self, charge: Charge) -> Standing:
        """Errors: also Declined."""
        ...

    async def capture(self, reference: str, amount: int, key: str) -> Standing: ...

    async def cancel(self, reference: str, key: str) -> Standing:
        """Cancel a payment; of what is captured meanwhile it says so instead."""
        ...

    async def refund(self, reference: str, amount: int, key: str) -> Standing: ...

    async def fetch(self, key: str, reference: str | None) -> Standing | None:
        """Fetch how a payment stands; None when it never heard of the charge."""
        ...

    def list_since(self, since: datetime) -> AsyncIterator[Standing]:
        """Yields all payments that were created since then."""
        ...

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent:
        """Check and read a webhook. ``headers`` in small letters. Errors: BadWebhook."""
        ...


@runtime_checkable
class ForgetsSetUps(Protocol):
    """What a provider that charges later may be able to do as well: those that are not are not asked."""

    async def forget_set_up(self, reference: str) -> None:
        """Have a set-up charged no more, and its method kept no more; asked twice it is as asked once.

        Of Unreachable it is asked again, of Refused not.
        """
        ...


@runtime_checkable
class ChargesLater(Protocol):
    """What a provider may be able to do as well: orders are armed with those that are. Errors as of Provider."""

    async def set_up(self, wish: SetUp) -> SetUpStanding:
        """Errors: also Declined."""
        ...

    async def fetch_set_up(self, reference: str) -> SetUpStanding: ...

    async def charge_off_session(self, charge: Charge, method: str) -> Standing:
        """Charge, at once and without a page; the same ``charge.key`` is charged once. Errors: also Declined."""
        ...
