"""The consumer of ``orders.v1``: persists placed orders in batches, and gives back what closed orders held."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import structlog

from infra.cloudevents import MalformedEvent, traceparent_of
from infra.errors import StoreUnavailable
from infra.eventlog import Message
from infra.runtime import Infra
from infra.telemetry import tracing
from infra.telemetry.messages import handling
from models.order_document import LineSnapshot, OrderSnapshot
from services.flash_sale.distrust import distrust
from services.order.persist_orders import Persisted, persist_orders
from services.reservation.release import Forget, ItemOrders, confirm, group, park, release, settle_holds
from services.reservation.shrink import kept_of, shrink
from services.shared.event import Event, read_event
from services.shared.events import (
    ORDER_WORKERS,
    ORDERS,
    OrderChanged,
    OrderClosed,
    OrderLinesCancelled,
    OrderPlaced,
    OrderRejected,
    OrderRestCancelled,
    OrderShipped,
)
from services.shared.metrics import PERSIST_BATCH, PERSIST_SECONDS
from tasks.consumer_loop import ConsumerLoop
from tasks.dead_letters import bury

log = structlog.get_logger(__name__)
_READ: Final[tuple[type[Event], ...]] = (
    OrderPlaced,
    OrderClosed,
    OrderRejected,
    OrderShipped,
    OrderRestCancelled,
    OrderLinesCancelled,
    OrderChanged,
)

OnPersisted = Callable[[Sequence[datetime]], Awaitable[None]]
"""Told when the orders just persisted are due, so that a timer can be set."""


class OrderConsumer(ConsumerLoop):
    """One member of the group of order workers."""

    topics = (ORDERS,)
    group = ORDER_WORKERS
    round = 0.05  # who pays at once persists the order themselves

    def __init__(self, infra: Infra, stop: asyncio.Event, on_persisted: OnPersisted) -> None:
        super().__init__(infra, stop, batch=infra.settings.orders.persist_batch)
        self._on_persisted = on_persisted

    async def handle(self, messages: Sequence[Message]) -> None:
        placed: list[tuple[Message, OrderSnapshot]] = []
        closed: list[ItemOrders] = []
        shipped: list[ItemOrders] = []
        shrunk: list[OrderLinesCancelled | OrderChanged] = []
        short: list[LineSnapshot] = []
        for message in messages:
            try:
                event = read_event(message.value, *_READ)
            except MalformedEvent as error:
                await bury(self._infra, message, str(error))
                continue
            match event:
                case OrderPlaced():
                    placed.append((message, event.order))
                case OrderRejected() if event.was_short is not False:
                    short += event.lines
                case OrderClosed() | OrderRejected():
                    closed.append(_held_by(event))
                case OrderShipped() | OrderRestCancelled():
                    shipped.append(_held_by(event))
                case OrderLinesCancelled() | OrderChanged():
                    shrunk.append(event)
        if placed:
            await self._persist(placed)
        await distrust(self._infra, short)
        for fewer in shrunk:
            await shrink(self._infra, kept_of(fewer.order_id, fewer.kept))
        for orders in closed:
            await release(self._infra, orders)
        for orders in shipped:
            await settle_holds(self._infra, orders)

    async def _persist(self, placed: list[tuple[Message, OrderSnapshot]]) -> None:
        begun = time.perf_counter()
        try:
            with handling(self._infra.events.attributes(ORDERS), ORDER_WORKERS, _traces(placed)):
                result = await persist_orders(self._infra, [order for _, order in placed])
        except StoreUnavailable:
            raise
        except Exception as error:
            await self._one_by_one(placed, error)
            return
        seconds = time.perf_counter() - begun
        PERSIST_BATCH.observe(len(placed))
        PERSIST_SECONDS.observe(seconds)
        await self._after(result)
        refused = len(result.short) + len(result.refused) + len(result.undone)
        log.info("orders.persisted", stored=len(result.stored), refused=refused, ms=round(seconds * 1000))

    async def _one_by_one(self, placed: list[tuple[Message, OrderSnapshot]], error: Exception) -> None:
        """One message spoils its batch: find it, and let the others through."""
        if len(placed) > 1:
            log.warning("persist.split", orders=len(placed), error=type(error).__name__)
            for entry in placed:
                await self._persist([entry])
            return
        message, order = placed[0]
        log.error("persist.failed", order_id=str(order.id), exc_info=error)
        await bury(self._infra, message, f"{type(error).__name__}: cannot be persisted")
        await park(self._infra, order)

    async def _after(self, result: Persisted) -> None:
        # What fails from here on is made good later: the orders are in the database.
        self._infra.signals.send(order.id for order in (*result.stored, *result.short, *result.refused))
        try:
            await confirm(self._infra, result.stored)
            await distrust(self._infra, (line for order in result.short for line in order.lines))
            for orders, forget in ((result.refused, Forget.NO), (result.undone, Forget.YES)):
                by_item, _ = group(orders)
                await release(self._infra, by_item, forget=forget)
            await self._on_persisted([order.expires_at for order in result.stored])
        except StoreUnavailable as error:
            log.warning("persist.not_told", store=error.store, orders=len(result.stored))


def _traces(placed: list[tuple[Message, OrderSnapshot]]) -> list[str | None]:
    """Of the messages: the span that sent one is its parent, so that it is seen where they went through."""
    return [traceparent_of(message.value) for message, _ in placed] if tracing.is_on() else []


def _held_by(event: OrderClosed | OrderRejected | OrderShipped | OrderRestCancelled) -> ItemOrders:
    return {place: [event.order_id] for place in event.held}
