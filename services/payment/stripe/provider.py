"""Stripe as a provider."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import stripe

from infra.runtime import Infra
from models import PaymentStatus
from services.money.stripe_units import stripe_step, to_stripe
from services.payment.provider import (
    Charge,
    Declined,
    ProviderEvent,
    Refused,
    SetUp,
    SetUpStanding,
    Standing,
    Unreachable,
)
from services.payment.stripe.client import make_client, our_errors
from services.payment.stripe.standing import (
    CUSTOMER,
    ENDED,
    KEY,
    NAME,
    PAGE,
    READY,
    SET_UP,
    SET_UP_PAGE,
    of_intent,
    of_set_up,
)
from services.payment.stripe.webhook import read_webhook
from services.shared.signature import BadWebhook

# With the money that came, what was given back of it and what Stripe kept.
_MORE: Final = "latest_charge.balance_transaction"
_NEEDS_CUSTOMER: Final = ("requires_action", "requires_payment_method")


class Stripe:
    """Idempotency keys are ours: the payment's, the refund's. https://docs.stripe.com/api/idempotent_requests"""

    name = NAME

    def __init__(self, infra: Infra) -> None:
        self._settings = infra.settings

    @staticmethod
    def step(currency: str) -> int:
        return stripe_step(currency)

    async def create(self, charge: Charge) -> Standing:
        if charge.amount % self.step(charge.currency):
            raise Declined("amount")
        with our_errors():
            intent = await self._intents.create_async(
                {
                    "amount": to_stripe(charge.amount, charge.currency),
                    "currency": charge.currency.lower(),
                    "description": charge.description,
                    "capture_method": "automatic" if charge.captures else "manual",
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {KEY: charge.key},
                },
                {"idempotency_key": charge.key},
            )
        return _of(intent, page=f"{charge.base_url}{PAGE}{intent.id}#{intent.client_secret}")

    async def set_up(self, wish: SetUp) -> SetUpStanding:
        """Make a SetupIntent of a Customer: https://docs.stripe.com/payments/save-and-reuse"""
        api = make_client(self._settings).v1
        with our_errors():
            customer = await api.customers.create_async(
                {"metadata": {CUSTOMER: wish.customer}}, {"idempotency_key": f"{wish.key}-customer"}
            )
            intent = await api.setup_intents.create_async(
                {
                    "customer": customer.id,
                    "usage": "off_session",
                    "automatic_payment_methods": {"enabled": True},
                    "metadata": {SET_UP: wish.key},
                },
                {"idempotency_key": wish.key},
            )
        page = f"{wish.base_url}{SET_UP_PAGE}{intent.id}#{intent.client_secret}"
        return of_set_up(intent.to_dict(), page)

    async def fetch_set_up(self, reference: str) -> SetUpStanding:
        with our_errors():
            intent = await make_client(self._settings).v1.setup_intents.retrieve_async(reference)
        return of_set_up(intent.to_dict())

    async def charge_off_session(self, charge: Charge, method: str) -> Standing:
        """Charge a Customer's method: https://docs.stripe.com/payments/save-and-reuse#charge-saved-payment-method"""
        customer, _, payment_method = method.partition(" ")
        with our_errors():
            intent = await self._intents.create_async(
                {
                    "amount": to_stripe(charge.amount, charge.currency),
                    "currency": charge.currency.lower(),
                    "description": charge.description,
                    "capture_method": "automatic" if charge.captures else "manual",
                    "customer": customer,
                    "payment_method": payment_method,
                    "off_session": True,
                    "confirm": True,
                    "metadata": {KEY: charge.key},
                    "expand": [_MORE],
                },
                {"idempotency_key": charge.key},
            )
        if intent.status in _NEEDS_CUSTOMER:
            raise Declined(intent.status)
        return _of(intent)

    async def forget_set_up(self, reference: str) -> None:
        """Cancel a SetupIntent that waits, and detach what one has attached: https://docs.stripe.com/api/payment_methods/detach"""
        api = make_client(self._settings).v1
        with our_errors():
            intent = (await api.setup_intents.retrieve_async(reference)).to_dict()
        if intent["status"] not in ENDED:
            try:
                with our_errors():
                    intent = (await api.setup_intents.cancel_async(reference)).to_dict()
            except Refused as error:
                raise Unreachable("its customer confirms it just now") from error
        if intent["status"] == READY and (method := intent.get("payment_method")):
            await self._detach(method)

    async def _detach(self, method: str) -> None:
        methods = make_client(self._settings).v1.payment_methods
        try:
            with our_errors():
                await methods.detach_async(method)
        except Refused:
            with our_errors():
                if (await methods.retrieve_async(method)).to_dict().get("customer"):
                    raise

    async def capture(self, reference: str, amount: int, key: str) -> Standing:
        now = await self._retrieve(reference)
        if now.captured == amount:
            return now
        if amount % self.step(now.currency):
            raise Refused("amount")
        wanted: stripe.params.PaymentIntentCaptureParams = {
            "amount_to_capture": to_stripe(amount, now.currency),
            "expand": [_MORE],
        }
        with our_errors():
            return _of(await self._intents.capture_async(reference, wanted, {"idempotency_key": f"{key}-capture"}))

    async def cancel(self, reference: str, key: str) -> Standing:
        try:
            with our_errors():
                return _of(await self._intents.cancel_async(reference, {}, {"idempotency_key": f"{key}-cancel"}))
        except Refused:
            # It has ended meanwhile: how is what we are asked.
            return await self._retrieve(reference)

    async def refund(self, reference: str, amount: int, key: str) -> Standing:
        """Refund by Stripe, which forgets keys after a day; the refund's metadata stays."""
        now = await self._retrieve(reference)
        if amount % self.step(now.currency):
            raise Refused("amount")
        wanted: stripe.params.RefundCreateParams = {
            "payment_intent": reference,
            "amount": to_stripe(amount, now.currency),
            "metadata": {KEY: key},
        }
        try:
            with our_errors():
                await self._refunds.create_async(wanted, {"idempotency_key": key})
        except Refused:
            if not await self._is_refunded(reference, key):
                raise
        return await self._retrieve(reference)

    async def fetch(self, key: str, reference: str | None) -> Standing | None:
        """Fetch an intent; without a reference by the search, which knows of an intent within a minute."""
        if reference is not None:
            return await self._retrieve(reference)
        query = f"metadata['{KEY}']:'{key}'"
        with our_errors():
            found = await self._intents.search_async({"query": query, "limit": 1, "expand": [f"data.{_MORE}"]})
        return next((standing for standing in map(_of, found.data) if standing.key == key), None)

    async def list_since(self, since: datetime) -> AsyncIterator[Standing]:
        """Yields only ours: others may use the same account."""
        wanted: Any = {
            "created": {"gte": int(since.timestamp())},
            "limit": 100,
            "expand": [f"data.{_MORE}"],
        }
        with our_errors():
            page = await self._intents.list_async(wanted)
            async for intent in page.auto_paging_iter():
                if (standing := _of(intent)).key:
                    yield standing

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent:
        secret = self._settings.payments.stripe_webhook_secret
        if secret is None:
            raise BadWebhook("no_webhooks")
        return read_webhook(secret.get_secret_value(), headers, body, now)

    @property
    def _intents(self) -> stripe.PaymentIntentService:
        return make_client(self._settings).v1.payment_intents

    @property
    def _refunds(self) -> stripe.RefundService:
        return make_client(self._settings).v1.refunds

    async def _is_refunded(self, reference: str, key: str) -> bool:
        with our_errors():
            page = await self._refunds.list_async({"payment_intent": reference, "limit": 100})
            return any(
                [one.to_dict().get("metadata", {}).get(KEY) == key async for one in page.auto_paging_iter()]
            )

    async def _retrieve(self, reference: str) -> Standing:
        with our_errors():
            return _of(await self._intents.retrieve_async(reference, {"expand": [_MORE]}))


def _of(intent: stripe.PaymentIntent, page: str | None = None) -> Standing:
    standing = of_intent(intent.to_dict())
    if page is None or standing.status != PaymentStatus.PENDING:
        return standing
    return replace(standing, redirect_url=page)
