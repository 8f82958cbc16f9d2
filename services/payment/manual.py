"""Money that comes outside of Rushcart - by bank transfer, in cash - and that staff note when it is there.

There is nobody to ask: what our own row says is how it stands.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Payment, PaymentStatus, Refund, RefundState
from services.payment.provider import Charge, ProviderEvent, Refused, Standing, Unreachable
from services.shared.signature import BadWebhook

NAME: Final = "manual"


class Manual:
    name = NAME

    def __init__(self, infra: Infra) -> None:
        self._infra = infra

    @staticmethod
    def step(currency: str) -> int:
        return 1

    async def create(self, charge: Charge) -> Standing:
        return Standing(charge.key, charge.key, PaymentStatus.PENDING, charge.amount, charge.currency)

    async def capture(self, reference: str, amount: int, key: str) -> Standing:
        """Capture, also what was given up: a transfer that was under way arrives."""
        row = await self._row(reference)
        return Standing(
            reference, reference, PaymentStatus.CAPTURED, row.amount, row.currency, amount, row.refunded
        )

    async def cancel(self, reference: str, key: str) -> Standing:
        row = await self._row(reference)
        status = PaymentStatus.CAPTURED if row.captured else PaymentStatus.CANCELLED
        return Standing(reference, reference, status, row.amount, row.currency, row.captured, row.refunded)

    async def refund(self, reference: str, amount: int, key: str) -> Standing:
        """Note a refund, which staff send back themselves.

        Of refunds at the same time the later one counts the earlier ones.
        """
        row = await self._row(reference)
        refunded = await self._refunded(row.id, UUID(key))
        return Standing(
            reference, reference, PaymentStatus.CAPTURED, row.amount, row.currency, row.captured, refunded
        )

    async def fetch(self, key: str, reference: str | None) -> Standing | None:
        row = await self._row(key)
        status = PaymentStatus.CAPTURED if row.captured else PaymentStatus(row.status)
        return Standing(key, key, status, row.amount, row.currency, row.captured, row.refunded)

    async def list_since(self, since: datetime) -> AsyncIterator[Standing]:
        """Yields our own list: there is no other."""
        nothing: tuple[Standing, ...] = ()
        for standing in nothing:
            yield standing

    def parse_webhook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ProviderEvent:
        raise BadWebhook("no_webhooks")

    async def _refunded(self, payment_id: UUID, last: UUID) -> int:
        total = select(func.sum(Refund.amount)).where(
            Refund.payment_id == payment_id, Refund.id <= last, Refund.state != RefundState.FAILED
        )
        try:
            async with self._infra.database.read() as session:
                return int(await session.scalar(total) or 0)
        except StoreUnavailable as error:
            raise Unreachable("no answer") from error

    async def _row(self, key: str) -> Payment:
        try:
            async with self._infra.database.read() as session:
                row = await session.scalar(select(Payment).where(Payment.id == UUID(key)))
        except StoreUnavailable as error:
            raise Unreachable("no answer") from error
        if row is None:
            raise Refused("there is no such payment")
        return row
