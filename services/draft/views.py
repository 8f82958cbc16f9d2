"""A draft as staff see it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models import DraftOrder
from models.draft_document import DraftDoc


@dataclass(frozen=True, slots=True)
class DraftView:
    id: UUID
    customer_id: UUID
    currency: str
    total: int
    version: int
    order_id: UUID | None
    document: DraftDoc
    updated_at: datetime


def view_of(row: DraftOrder) -> DraftView:
    document = DraftDoc.from_json(row.data)
    return DraftView(
        row.id, row.customer_id, row.currency, row.total, row.version, row.order_id, document, row.updated_at
    )
