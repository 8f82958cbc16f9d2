"""What the sandbox's page shows and does. Whoever has its address may: that is what the customer was sent to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import PaymentStatus, SandboxCharge
from services.payment.sandbox import charges
from services.payment.sandbox.send_events import QUEUE, Taken
from services.shared.errors import NotFound
from services.shared.patience import ask_together, transact_for_request

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


@dataclass(frozen=True, slots=True)
class _Decided:
    charge_id: UUID
    decision: Decision
    hook_url: str


class Outcome(NamedTuple):
    """``webhooks``: those that are to be sent now, by who decided."""

    charge: SandboxCharge
    webhooks: list[Taken]


async def decide(infra: Infra, charge_id: UUID, decision: Decision, hook_url: str) -> Outcome:
    """Approve or decline, together with others who do; the webhook goes to ``hook_url``.

    What is decided stays: then it is the charge as it is.

    Errors: NotFound, StoreUnavailable.
    """
    decided = _Decided(charge_id, decision, hook_url)
    return await ask_together(infra, "sandbox decisions", partial(_decide_together, infra), decided)


async def _decide_together(infra: Infra, decided: Sequence[_Decided]) -> list[Outcome | Exception]:
    async def work(session: AsyncSession) -> list[Outcome | Exception]:
        found = select(SandboxCharge).where(SandboxCharge.id.in_({one.charge_id for one in decided}))
        locked = await session.scalars(found.order_by(SandboxCharge.id).with_for_update())
        charges = {charge.id: charge for charge in locked}
        return [_outcome(session, infra, charges.get(one.charge_id), one) for one in decided]

    return await transact_for_request(infra, work)


def _outcome(
    session: AsyncSession, infra: Infra, charge: SandboxCharge | None, decided: _Decided
) -> Outcome | NotFound:
    if charge is None:
        return NotFound(_NO_CHARGE)
    if charge.status != PaymentStatus.PENDING:
        return Outcome(charge, [])
    return Outcome(charge, _apply(session, infra, charge, decided.decision, decided.hook_url))


def _apply(
    session: AsyncSession, infra: Infra, charge: SandboxCharge, decision: Decision, hook_url: str
) -> list[Taken]:
    """Returns the webhooks that need not wait, taken: nobody has to look for them."""
    charge.hook_url = hook_url
    is_set_up = charge.currency == charges.NO_CURRENCY
    charge.amount = charge.amount if decision.amount is None or is_set_up else decision.amount
    (charges.approve if decision.approve else charges.decline)(charge)
    if is_set_up:
        return []  # it is asked for
    times = {Webhook.ONCE: 1, Webhook.TWICE: 2, Webhook.NEVER: 0}[decision.webhook]
    now = infra.now()
    queued = charges.queue_event(session, charge, hook_url, now, delay=decision.delay, times=times)
    if decision.delay:
        return []
    for row in queued:
        QUEUE.hold(row, now)
    return [Taken.of(row) for row in queued]
