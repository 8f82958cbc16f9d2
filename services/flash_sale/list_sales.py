"""Flash sales for readers: by id, and as a keyset page, newest start first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_, select, tuple_
from sqlalchemy.orm import joinedload, selectinload

from infra.cache.dependencies import depend_on
from infra.runtime import Infra
from models import FlashSale, FlashSaleStatus
from models.changes import SALES, sale_tag
from models.flash_sale_document import FlashSaleDoc
from services.shared.pages import Cut, KeyPage

SaleKey = tuple[datetime, UUID]
"""When it starts, and its id."""


async def find_sales(infra: Infra, sale_ids: Sequence[UUID]) -> dict[UUID, FlashSaleDoc]:
    """Find the sales that are there, in two statements whatever their number."""
    depend_on(sale_tag(sale_id) for sale_id in sale_ids)
    statement = (
        select(FlashSale)
        .options(selectinload(FlashSale.items), joinedload(FlashSale.room))
        .where(FlashSale.id.in_(sale_ids))
    )
    async with infra.database.read() as session:
        return {sale.id: _document(sale) for sale in await session.scalars(statement)}


async def list_sales(
    infra: Infra, page: KeyPage[SaleKey], statuses: Sequence[FlashSaleStatus] | None = None
) -> Cut[FlashSaleDoc]:
    """Returns a page of sales, the one that starts last first; three statements at most."""
    depend_on([SALES])
    key = tuple_(FlashSale.starts_at, FlashSale.id)
    statement = (
        select(FlashSale)
        .options(selectinload(FlashSale.items), joinedload(FlashSale.room))
        .order_by(*((part.asc() if page.backwards else part.desc()) for part in key))
        .limit(page.limit + 1)
    )
    if page.after is not None:
        statement = statement.where(key < page.after)
    if page.before is not None:
        statement = statement.where(key > page.before)
    if statuses is not None:
        now = infra.now()
        statement = statement.where(or_(false(), *(_is(status, now) for status in statuses)))
    async with infra.database.read() as session:
        return page.cut([_document(sale) for sale in await session.scalars(statement)])


def _is(status: FlashSaleStatus, now: datetime) -> ColumnElement[bool]:
    """The same rule as ``sale_status``, for the database."""
    is_open = and_(FlashSale.closed_at.is_(None), FlashSale.ends_at > now)
    runs = and_(is_open, FlashSale.starts_at <= now)
    return {
        FlashSaleStatus.SCHEDULED: and_(is_open, FlashSale.starts_at > now),
        FlashSaleStatus.RUNNING: and_(runs, FlashSale.paused.is_(False)),
        FlashSaleStatus.PAUSED: and_(runs, FlashSale.paused.is_(True)),
        FlashSaleStatus.ENDED: or_(FlashSale.closed_at.is_not(None), FlashSale.ends_at <= now),
    }[status]


def _document(sale: FlashSale) -> FlashSaleDoc:
    return FlashSaleDoc(
        sale.id,
        sale.name,
        sale.starts_at,
        sale.ends_at,
        sale.paused,
        sale.version,
        sale.closed_at,
        sale.settled_at,
        tuple(item.id for item in sale.items if item.quantity),
        sale.room.admit_per_second if sale.room else None,
        sale.allows_codes,
        sale.requires_delivery,
        sale.confirmed_email_only,
    )
