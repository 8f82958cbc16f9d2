"""Look at deliveries, send one again, send one for trying."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.cloudevents import CloudEvent, envelope
from infra.database import WORKERS_PATIENCE
from infra.ids import new_id
from infra.runtime import Infra
from models import DeliveryState, WebhookDelivery, WebhookEndpoint
from services.shared.errors import NotFound
from services.shared.pages import Cut, IdPage, read_count, read_page

S = TypeVar("S", bound=Select[Any])
TEST = "rushcart.webhook.test.v1"
KEPT = timedelta(days=30)
_FORGOTTEN = 1000


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """None: not asked."""

    endpoint_id: UUID | None = None
    states: tuple[DeliveryState, ...] | None = None

    def narrow(self, statement: S) -> S:
        if self.endpoint_id is not None:
            statement = statement.where(WebhookDelivery.endpoint_id == self.endpoint_id)
        if self.states is not None:
            statement = statement.where(WebhookDelivery.state.in_(self.states))
        return statement


async def list_deliveries(infra: Infra, wanted: DeliveryFilter, page: IdPage) -> Cut[WebhookDelivery]:
    """Returns a page of deliveries, by one statement. Errors: StoreUnavailable."""
    return await read_page(infra, wanted.narrow(select(WebhookDelivery)), WebhookDelivery.id, page)


async def count_deliveries(infra: Infra, wanted: DeliveryFilter) -> int:
    """Errors: StoreUnavailable."""
    return await read_count(infra, wanted.narrow(select(func.count()).select_from(WebhookDelivery)))


async def find_deliveries(infra: Infra, ids: Collection[UUID]) -> dict[UUID, WebhookDelivery]:
    """Find deliveries by their ids. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
        return {row.id: row for row in found}


async def replay_delivery(infra: Infra, delivery_id: UUID) -> WebhookDelivery:
    """Send it now, whatever became of it; with the same id, so that who had it knows. Errors: NotFound,
    StoreUnavailable.
    """

    async def work(session: AsyncSession) -> WebhookDelivery:
        row = await session.get(WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFound("There is no such delivery.")
        now = infra.now()
        row.state, row.attempts, row.due_at, row.updated_at = DeliveryState.PENDING, 0, now, now
        return row

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)


async def send_test(infra: Infra, endpoint_id: UUID) -> WebhookDelivery:
    """Errors: NotFound, StoreUnavailable."""
    now = infra.now()
    body = envelope(CloudEvent(TEST, endpoint_id.hex, {"endpointId": endpoint_id.hex}), now)
    row = WebhookDelivery(
        id=new_id(),
        endpoint_id=endpoint_id,
        event_id=body["id"],
        type=TEST,
        body=body,
        state=DeliveryState.PENDING,
        attempts=0,
        due_at=now,
        created_at=now,
        updated_at=now,
    )

    async def work(session: AsyncSession) -> None:
        if await session.get(WebhookEndpoint, endpoint_id) is None:
            raise NotFound("There is no such endpoint.")
        session.add(row)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return row


async def forget_deliveries(infra: Infra) -> int:
    """Delete deliveries of a month ago, up to 1,000 at a time. Returns how many. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        old = select(WebhookDelivery.id).where(WebhookDelivery.created_at < infra.now() - KEPT)
        ids = (await session.scalars(old.order_by(WebhookDelivery.id).limit(_FORGOTTEN))).all()
        await session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(ids)))
        return len(ids)

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)
