"""What the owner of an account sees of an entry about it; pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from models import AuditEntry

SOMEBODY_ELSE: Final = "administrator"
# What others did may name who they are and why: of that, the owner sees what it did to the account.
_OF_OTHERS: Final = ("role",)


@dataclass(frozen=True, slots=True)
class OwnerView:
    """The fields of an entry, as far as they are the owner's to see."""

    id: UUID
    at: datetime
    action: str
    outcome: str
    actor: str | None
    subject: str | None
    ip: str | None
    device: str | None
    details: dict[str, str]


def owner_view(row: AuditEntry) -> OwnerView:
    """Returns the entry without the address, the device, the id and the reasons of somebody else who acted."""
    own = row.actor is None or row.actor == row.subject or row.subject is None
    return OwnerView(
        id=row.id,
        at=row.at,
        action=row.action,
        outcome=row.outcome,
        actor=row.actor if own else SOMEBODY_ELSE,
        subject=row.subject,
        ip=row.ip if own else None,
        device=row.device if own else None,
        details={name: value for name, value in row.details.items() if own or name in _OF_OTHERS},
    )
