"""What the sandbox knows of a charge, and what becomes of it. Its tables are its own, as another's would be."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import PaymentStatus, SandboxCharge, SandboxEvent
from services.payment.provider import Refused, Standing

PAGE = "/sandbox/payments/"
SET_UP = "setup:"
"""Begins the keys of charges of nothing, by which something may be charged later."""
NO_CURRENCY = "XXX"
"""Theirs, of ISO 4217."""
Change = Callable[[SandboxCharge], None]


def standing_of(charge: SandboxCharge, base_url: str | None = None) -> Standing:
    """Returns how a charge stands; the fee is 1 % of what is captured, and not given back."""
    page = None if base_url is None else f"{base_url}{PAGE}{charge.id.hex}"
    return Standing(
        key=charge.key,
        reference=charge.id.hex,
        status=PaymentStatus(charge.status),
        amount=charge.amount,
        currency=charge.currency,
        captured=charge.captured,
        refunded=sum(charge.refunds.values()),
        fees=charge.captured // 100,
        redirect_url=page,
    )


async def lock_charge(session: AsyncSession, reference: str) -> SandboxCharge:
    """Errors: Refused."""
    try:
        found = select(SandboxCharge).where(SandboxCharge.id == UUID(reference)).with_for_update()
    except ValueError:
        raise Refused("there is no such charge") from None
    charge = await session.scalar(found)
    if charge is None:
        raise Refused("there is no such charge")
    return charge


def approve(charge: SandboxCharge) -> None:
    """Errors: Refused."""
    if charge.status != PaymentStatus.PENDING:
        raise Refused(f"is {charge.status}")
    charge.status = PaymentStatus.CAPTURED if charge.captures else PaymentStatus.AUTHORIZED
    charge.captured = charge.amount if charge.captures else 0


def decline(charge: SandboxCharge) -> None:
    """Errors: Refused."""
    if charge.status != PaymentStatus.PENDING:
        raise Refused(f"is {charge.status}")
    charge.status = PaymentStatus.FAILED


def capture(charge: SandboxCharge, amount: int) -> None:
    """Errors: Refused."""
    if charge.status == PaymentStatus.CAPTURED and charge.captured == amount:
        return
    if charge.status != PaymentStatus.AUTHORIZED or amount > charge.amount:
        raise Refused(f"is {charge.status}")
    charge.status, charge.captured = PaymentStatus.CAPTURED, amount


def cancel(charge: SandboxCharge) -> None:
    """Cancel a charge; what is captured stays so."""
    if charge.status in (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED):
        charge.status = PaymentStatus.CANCELLED


def refund(charge: SandboxCharge, amount: int, key: str) -> None:
    """Refund a charge, once a key. Errors: Refused."""
    if key in charge.refunds:
        return
    if amount > charge.captured - sum(charge.refunds.values()):
        raise Refused("is more than was captured")
    charge.refunds = charge.refunds | {key: amount}


def event_body(standing: Standing) -> dict[str, Any]:
    """Returns the body of a new webhook that tells how a charge stands."""
    return {
        "id": new_id().hex,
        "type": f"charge.{standing.status.value.lower()}",
        "charge": {
            "key": standing.key,
            "id": standing.reference,
            "status": standing.status.value,
            "amount": standing.amount,
            "currency": standing.currency,
            "captured": standing.captured,
            "refunded": standing.refunded,
            "fees": standing.fees,
        },
    }


def queue_event(
    session: AsyncSession, charge: SandboxCharge, url: str, now: datetime, *, delay: float = 0.0, times: int = 1
) -> list[SandboxEvent]:
    """Queue a webhook ``times`` with one id: one that comes twice. Returns its rows."""
    body = event_body(standing_of(charge))
    due = now + timedelta(seconds=delay)
    rows = [SandboxEvent(id=new_id(), url=url, body=body, attempts=0, due_at=due) for _ in range(times)]
    session.add_all(rows)
    return rows
