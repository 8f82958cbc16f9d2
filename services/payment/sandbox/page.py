"""What the sandbox's page shows and does. Whoever has its address may: that is what the customer was sent to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import PaymentStatus, SandboxCharge
from services.payment.provider import Refused
from services.payment.sandbox import charges
from services.shared.errors import NotFound
from services.shared.patience import transact_for_request

LONGEST_DELAY: Final = 60
"""Seconds."""
_NO_CHARGE: Final = "There is no such payment."


class Webhook(StrEnum):
    """How often the webhook comes."""

    ONCE = "once"
    TWICE = "twice"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Decision:
    """``amount`` in minor units is what is taken in place of what was asked for."""

    approve: bool
    delay: float = 0.0
    webhook: Webhook = Webhook.ONCE
    amount: int | None = None


async def find_charge(infra: Infra, charge_id: UUID) -> SandboxCharge:
    """Errors: NotFound, StoreUnavailable."""
    async with infra.database.read() as session:
        found: SandboxCharge | None = await session.scalar(
            select(SandboxCharge).where(SandboxCharge.id == charge_id)
        )
    if found is None:
        raise NotFound(_NO_CHARGE)
    return found


async def decide(infra: Infra, charge_id: UUID, decision: Decision, hook_url: str) -> SandboxCharge:
    """Approve or decline; the webhook goes to ``hook_url``. What is decided stays: the charge as it is.

    Errors: NotFound, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> SandboxCharge:
        try:
            charge = await charges.lock_charge(session, charge_id.hex)
        except Refused:
            raise NotFound(_NO_CHARGE) from None
        if charge.status == PaymentStatus.PENDING:
            _apply(session, infra, charge, decision, hook_url)
        return charge

    return await transact_for_request(infra, work)


def _apply(session: AsyncSession, infra: Infra, charge: SandboxCharge, decision: Decision, hook_url: str) -> None:
    charge.hook_url = hook_url
    charge.amount = charge.amount if decision.amount is None else decision.amount
    (charges.approve if decision.approve else charges.decline)(charge)
    times = {Webhook.ONCE: 1, Webhook.TWICE: 2, Webhook.NEVER: 0}[decision.webhook]
    charges.queue_event(session, charge, hook_url, infra.now(), delay=decision.delay, times=times)
