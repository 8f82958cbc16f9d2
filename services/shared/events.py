"""Events: all that is told of what happens in the shop, in the order in which docs/asyncapi.json has them.

To add one: declare it here, ``tell`` it where it happens (``services.shared.tell``), test that. Renew the document
with ``rushcart docs asyncapi --output docs/asyncapi.json``.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from models.enums import PaymentProblem, PaymentStatus, StockCause
from models.order_document import LineSnapshot
from services.shared import shop_events as _shop_events  # noqa: F401 - it declares events too
from services.shared.event import KINDS, Event
from services.shared.event_fields import Currency, Minor, Says, Sku, Units
from services.shared.order_shape import Taxes, WholeOrder
from services.shared.sale_told import ItemTold as ItemTold
from services.shared.topics import ALL_TOPICS as ALL_TOPICS
from services.shared.topics import ORDERS as ORDERS
from services.shared.topics import PAYMENTS as PAYMENTS
from services.shared.topics import SALES as SALES
from services.shared.topics import STOCK as STOCK
from services.shared.topics import TOPICS as TOPICS

ORDER_WORKERS: Final = "rushcart.orders"
"""The consumer group that persists orders and gives stock back."""
WEBHOOK_WORKERS: Final = "rushcart.webhooks"
"""The consumer group that makes deliveries of events for merchants' systems."""


class _NewOrder(Event, topic=ORDERS, whole=True):
    order: WholeOrder

    @property
    def key(self) -> str:
        return self.order.id.hex


class OrderPlaced(_NewOrder, type="rushcart.order.placed.v1"): ...


class OrderAccepted(_NewOrder, type="rushcart.order.accepted.v1"):
    """Of a checkout: it is in the database already, where ``placed`` ones are to come."""


class _OfOrder(Event, topic=ORDERS):
    order_id: UUID

    @property
    def key(self) -> str:
        return self.order_id.hex


Place = tuple[str, UUID]
"""The SKU and the sale's item that units were reserved of."""


@dataclass(frozen=True, slots=True)
class Held:
    """What an order held of a sale's item."""

    sku: Sku
    item_id: UUID


class OrderClosed(_OfOrder):
    """``refund_due``: money was paid for it, which is to be given back."""

    lines: tuple[Held, ...]
    refund_due: bool | None = None

    @property
    def held(self) -> list[Place]:
        return [(line.sku, line.item_id) for line in self.lines]


class OrderCancelled(OrderClosed, type="rushcart.order.cancelled.v1"): ...


class OrderExpired(OrderClosed, type="rushcart.order.expired.v1"): ...


class OrderRejected(_OfOrder, type="rushcart.order.rejected.v1"):
    """``was_short``: the database had less than the counters said; else its key had made another order."""

    customer_id: UUID
    lines: tuple[Annotated[LineSnapshot, Says(type="object")], ...]
    was_short: bool | None = None

    @property
    def held(self) -> list[Place]:
        return [(line.sku, line.flash_sale_item_id) for line in self.lines if line.flash_sale_item_id]


class OrderPaid(_OfOrder, type="rushcart.order.paid.v1"): ...


class OrderPartlyShipped(_OfOrder, type="rushcart.order.partly-shipped.v1"):
    shipment_id: UUID


class OrderShipped(_OfOrder, type="rushcart.order.shipped.v1"):
    shipment_id: UUID
    lines: tuple[Held, ...]

    @property
    def held(self) -> list[Place]:
        return [(line.sku, line.item_id) for line in self.lines]


class OrderRestCancelled(_OfOrder, type="rushcart.order.rest-cancelled.v1"):
    """Of an order that is shipped in part, no more will be; ``refund_due``: money is given back for the rest."""

    lines: tuple[Held, ...]
    refund_due: bool

    @property
    def held(self) -> list[Place]:
        return [(line.sku, line.item_id) for line in self.lines]


@dataclass(frozen=True, slots=True)
class LineUnits:
    """Units of an order's line."""

    line_id: UUID
    sku: Sku
    quantity: Annotated[int, Says(minimum=1)]


@dataclass(frozen=True, slots=True)
class KeptUnits:
    """How many units an order keeps of a sale's item."""

    sku: Sku
    item_id: UUID
    quantity: Units


class OrderLinesCancelled(_OfOrder, type="rushcart.order.lines-cancelled.v1"):
    """Units of an order that is paid will not be sent, others will; ``refund``: minor units that are given back
    for them."""

    lines: tuple[LineUnits, ...]
    refund: Minor
    currency: Currency
    kept: tuple[KeptUnits, ...]


class OrderChanged(_OfOrder, type="rushcart.order.changed.v1"):
    """Staff have changed an order that is not paid; ``lines`` are all that it has now."""

    version: int
    lines: tuple[LineUnits, ...]
    total_before: Minor
    total: Minor
    currency: Currency
    kept: tuple[KeptUnits, ...]
    taxes: Taxes = ()


class OrderLinesRefunded(_OfOrder, type="rushcart.order.lines-refunded.v1"):
    """Money is given back for units that were sent."""

    lines: tuple[LineUnits, ...]
    refund: Minor
    currency: Currency


class OrderCompleted(_OfOrder, type="rushcart.order.completed.v1"): ...


class OrderNoted(_OfOrder, type="rushcart.order.noted.v1"):
    internal: bool


class OrderRefunded(OrderClosed, type="rushcart.order.refunded.v1"): ...


class PaymentEvent(Event, topic=PAYMENTS):
    """How the payment stands now."""

    payment_id: UUID
    order_id: UUID
    provider: str
    status: PaymentStatus
    amount: Minor
    captured: Minor
    refunded: Minor
    currency: Currency
    problem: PaymentProblem | None

    @property
    def key(self) -> str:
        return self.order_id.hex


class PaymentCreated(PaymentEvent, type="rushcart.payment.created.v1"): ...


class PaymentAuthorized(PaymentEvent, type="rushcart.payment.authorized.v1"): ...


class PaymentCaptured(PaymentEvent, type="rushcart.payment.captured.v1"): ...


class PaymentFailed(PaymentEvent, type="rushcart.payment.failed.v1"): ...


class PaymentCancelled(PaymentEvent, type="rushcart.payment.cancelled.v1"): ...


class PaymentRefunded(PaymentEvent, type="rushcart.payment.refunded.v1"): ...


class _OfSku(Event, topic=STOCK):
    sku: Sku

    @property
    def key(self) -> str:
        return self.sku


class StockChanged(_OfSku, type="rushcart.stock.changed.v1"):
    """Each change by staff, and what orders and sales change of a SKU at most once a second: then ``units`` is by
    how many all of them changed what is on hand, ``cause`` that of the last, ``reference`` null.
    """

    warehouse_id: UUID
    cause: StockCause
    units: int
    on_hand: Units
    available: int
    reference: UUID | None
    set_aside: Units | None = None
    held: Units | None = None
    committed: Units | None = None


class StockLow(_OfSku, type="rushcart.stock.low.v1"):
    available: int
    threshold: Units


class SaleEvent(Event, topic=SALES):
    """The sale as it is after the change."""

    sale_id: UUID
    version: Units
    name: str
    starts_at: datetime
    ends_at: datetime
    paused: bool
    cancelled: bool
    items: tuple[ItemTold, ...]

    @property
    def key(self) -> str:
        return self.sale_id.hex


class SaleScheduled(SaleEvent, type="rushcart.sale.scheduled.v1"): ...


class SaleChanged(SaleEvent, type="rushcart.sale.changed.v1"): ...


class SalePaused(SaleEvent, type="rushcart.sale.paused.v1"): ...


class SaleResumed(SaleEvent, type="rushcart.sale.resumed.v1"): ...


class SaleEnded(SaleEvent, type="rushcart.sale.ended.v1"): ...


class SaleSettled(SaleEvent, type="rushcart.sale.settled.v1"): ...


EVENT_TYPES: Final = tuple(KINDS)
