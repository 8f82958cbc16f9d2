"""Record a security event in the transaction of what happened."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from models import AuditEntry
from services.session.client import NOWHERE, Client


def record(
    session: AsyncSession,
    action: str,
    *,
    now: datetime,
    subject: UUID,
    actor: UUID | None = None,
    client: Client = NOWHERE,
    details: dict[str, str] | None = None,
) -> None:
    """``action`` is ``thing.what_happened``; ``actor`` is the subject itself unless another is named."""
    session.add(
        AuditEntry(
            id=new_id(),
            at=now,
            action=action,
            outcome="OK",
            actor=(actor or subject).hex,
            subject=subject.hex,
            ip=client.ip or None,
            device=client.device or None,
            details=details or {},
        )
    )
