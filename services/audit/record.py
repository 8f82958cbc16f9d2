"""Record a security event in the transaction of what happened."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import AuditEntry
from services.shared.client import NOWHERE, Client


class Outcome(StrEnum):
    OK = "OK"
    REFUSED = "REFUSED"


def record(
    session: AsyncSession,
    action: str,
    *,
    now: datetime,
    subject: UUID | str | None,
    actor: UUID | str | None = None,
    client: Client = NOWHERE,
    details: dict[str, str] | None = None,
    outcome: Outcome = Outcome.OK,
) -> None:
    """Write a row of the audit log. ``action`` is ``thing.what_happened``; ``actor`` is the subject itself unless
    another is named.

    ``subject`` is None when it is not known whom it is about.
    """
    session.add(
        AuditEntry(
            id=new_id(),
            at=now,
            action=action,
            outcome=outcome.value,
            actor=_name(subject if actor is None else actor),
            subject=_name(subject),
            ip=client.ip or None,
            device=client.device or None,
            details=details or {},
        )
    )


def _name(who: UUID | str | None) -> str | None:
    return who.hex if isinstance(who, UUID) else who
