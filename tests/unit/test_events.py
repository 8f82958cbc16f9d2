"""What is written of an event, to the letter, and that it is read again."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from infra.cloudevents import CloudEvent, MalformedEvent
from infra.cloudevents import encode as encode_raw
from models.address_document import AddressDoc
from models.charges_document import Charges, RateTax
from models.enums import PaymentProblem, PaymentStatus, ProductStatus, StockCause
from models.order_document import LineSnapshot, OrderSnapshot
from services.shared import events, shop_events
from services.shared.event import KINDS, Event, data_schema, encode, read_event
from services.shared.sale_told import PriceTold
from services.shared.topics import SALES

A, B, C, D = (UUID(int=n) for n in range(1, 5))
a, b, c, d = (f"{n:032x}" for n in range(1, 5))
AT = datetime(2026, 11, 29, 12, 30, 0, 5000, tzinfo=UTC)
TEXT = "2026-11-29T12:30:00.005000+00:00"
LINE = LineSnapshot("S-1", B, C, "Tea", 2, 1990, 4)
LINE_TOLD = {
    "sku": "S-1",
    "variantId": b,
    "itemId": c,
    "title": "Tea",
    "quantity": 2,
    "unitPrice": 1990,
    "epoch": 4,
}
ORDER = OrderSnapshot(
    A,
    D,
    "key",
    "print",
    "EUR",
    900_000,
    (LINE,),
    AT,
    AddressDoc(B, "Ann", "+49 30 1", "Street 1", None, "Berlin", None, "10115", "DE", True),
    Charges(3980, 0, 500, 0, 0, True, parts=((0, 0), (0, 0)), taxes=(RateTax(0, 4480, 0),), rates=(0, 0)),
    "0" * 55,
)
PROBLEM = next(iter(PaymentProblem))
PAYMENT = (A, B, "sandbox", PaymentStatus.CAPTURED, 10, 10, 0, "EUR")
PAYMENT_TOLD = {
    "paymentId": a,
    "orderId": b,
    "provider": "sandbox",
    "status": "CAPTURED",
    "amount": 10,
    "captured": 10,
    "refunded": 0,
    "currency": "EUR",
}
SALE = (A, 3, "Sale", AT, AT, False, True)
SALE_TOLD = {
    "saleId": a,
    "version": 3,
    "name": "Sale",
    "startsAt": TEXT,
    "endsAt": TEXT,
    "paused": False,
    "cancelled": True,
}
ITEM_TOLD: dict[str, object] = {
    "itemId": b,
    "sku": "S-1",
    "price": 5,
    "currency": "EUR",
    "quantity": 7,
    "perCustomerLimit": 2,
}
HELD, HELD_TOLD = (events.Held("S-1", C),), [{"sku": "S-1", "itemId": c}]
UNITS, UNITS_TOLD = (events.LineUnits(B, "S-1", 2),), [{"lineId": b, "sku": "S-1", "quantity": 2}]
KEPT_TOLD = [{"sku": "S-1", "itemId": c, "quantity": 1}]

EXAMPLES: list[tuple[Event, str, dict[str, object]]] = [
    (events.OrderPlaced(ORDER), a, ORDER.to_json()),
    (events.OrderCancelled(A, HELD, False), a, {"orderId": a, "lines": HELD_TOLD, "refundDue": False}),
    (events.OrderRefunded(A, ()), a, {"orderId": a, "lines": []}),
    (events.OrderRejected(A, D, (LINE,)), a, {"orderId": a, "customerId": d, "lines": [LINE_TOLD]}),
    (
        events.OrderRejected(A, D, (LINE,), was_short=True),
        a,
        {"orderId": a, "customerId": d, "lines": [LINE_TOLD], "wasShort": True},
    ),
    (events.OrderPaid(A), a, {"orderId": a}),
    (events.OrderPartlyShipped(A, B), a, {"orderId": a, "shipmentId": b}),
    (events.OrderShipped(A, B, HELD), a, {"orderId": a, "shipmentId": b, "lines": HELD_TOLD}),
    (
        events.OrderLinesCancelled(
            A, (events.LineUnits(B, "S-1", 2),), 5, "EUR", (events.KeptUnits("S-1", C, 1),)
        ),
        a,
        {"orderId": a, "lines": UNITS_TOLD, "refund": 5, "currency": "EUR", "kept": KEPT_TOLD},
    ),
    (
        events.OrderChanged(A, 2, UNITS, 9, 5, "EUR", (), ((190_000, 100, 19),)),
        a,
        {
            "orderId": a,
            "version": 2,
            "lines": UNITS_TOLD,
            "totalBefore": 9,
            "total": 5,
            "currency": "EUR",
            "kept": [],
            "taxes": [[190_000, 100, 19]],
        },
    ),
    (
        events.OrderLinesRefunded(A, (events.LineUnits(B, "S-1", 2),), 5, "EUR"),
        a,
        {"orderId": a, "lines": UNITS_TOLD, "refund": 5, "currency": "EUR"},
    ),
    (events.OrderRestCancelled(A, HELD, True), a, {"orderId": a, "lines": HELD_TOLD, "refundDue": True}),
    (events.OrderNoted(A, True), a, {"orderId": a, "internal": True}),
    (events.PaymentCaptured(*PAYMENT, None), b, PAYMENT_TOLD | {"problem": None}),
    (
        events.PaymentFailed(*PAYMENT, PROBLEM),
        b,
        PAYMENT_TOLD | {"problem": PROBLEM.value},
    ),
    (
        events.StockChanged("S-1", B, StockCause.RECEIVED, -3, 4, 5, None, set_aside=0, held=2),
        "S-1",
        {
            "sku": "S-1",
            "warehouseId": b,
            "cause": "RECEIVED",
            "units": -3,
            "onHand": 4,
            "available": 5,
            "reference": None,
            "setAside": 0,
            "held": 2,
        },
    ),
    (events.StockLow("S-1", 2, 3), "S-1", {"sku": "S-1", "available": 2, "threshold": 3}),
    (
        shop_events.ProductArchived(A, 3, ProductStatus.ARCHIVED, "tea", "Tea", AT),
        a,
        {"productId": a, "version": 3, "status": "ARCHIVED", "slug": "tea", "title": "Tea", "changedAt": TEXT},
    ),
    (
        shop_events.CustomerUpdated(A, AT, True, False, ("vip",)),
        a,
        {"customerId": a, "createdAt": TEXT, "emailVerified": True, "locked": False, "tags": ["vip"]},
    ),
    (shop_events.CustomerErased(A), a, {"customerId": a}),
    (
        shop_events.CartAbandoned(A, None, 2, "EUR", (shop_events.CartLine("S-1", B, 2, 1990),), AT),
        a,
        {
            "cartId": a,
            "customerId": None,
            "version": 2,
            "currency": "EUR",
            "lines": [{"sku": "S-1", "variantId": b, "quantity": 2, "price": 1990}],
            "changedAt": TEXT,
        },
    ),
    (
        events.SaleEnded(*SALE, (events.ItemTold(B, "S-1", 5, "EUR", 7, 2),)),
        a,
        SALE_TOLD | {"items": [ITEM_TOLD | {"prices": []}]},
    ),
    (
        events.SaleSettled(*SALE, (events.ItemTold(B, "S-1", 5, "EUR", 7, 2, 0, (PriceTold(6, "USD"),)),)),
        a,
        SALE_TOLD | {"items": [ITEM_TOLD | {"unsold": 0, "prices": [{"price": 6, "currency": "USD"}]}]},
    ),
]


@pytest.mark.parametrize(("event", "key", "data"), EXAMPLES, ids=lambda value: getattr(value, "type", ""))
def test_what_is_written(event: Event, key: str, data: dict[str, object]) -> None:
    written = orjson.loads(encode(event, AT))
    assert event.key == key
    assert (written["type"], written["time"]) == (event.type, TEXT)
    assert orjson.dumps(written["data"]) == orjson.dumps(data)
    assert read_event(encode(event, AT), type(event)) == event


@pytest.mark.parametrize("event", [event for event, *_ in EXAMPLES], ids=lambda event: event.type)
def test_the_subject_is_the_key(event: Event) -> None:
    subject = orjson.loads(encode(event, AT))["subject"]
    assert subject == event.key
    assert "-" not in subject or event.topic == events.STOCK


def test_an_order_is_written_as_its_shape_says() -> None:
    schema = data_schema(events.OrderPlaced)
    told = ORDER.to_json()
    assert list(told) == list(schema["properties"])
    assert list(LINE_TOLD) == list(schema["properties"]["lines"]["items"]["properties"])
    for part in ("shippingAddress", "charges"):
        shape = schema["properties"][part]
        assert set(told[part]) == set(shape.get("anyOf", [shape])[0]["properties"])


def test_of_other_types_nothing_is_read() -> None:
    assert read_event(encode(events.OrderPaid(A), AT), events.OrderPlaced, events.OrderClosed) is None
    assert read_event(encode_raw(CloudEvent("rushcart.order.eaten.v1", "x", {}), AT), Event) is None
    assert isinstance(read_event(encode(events.OrderExpired(A, ()), AT), events.OrderClosed), events.OrderExpired)


def test_a_property_that_may_lack_may_lack_and_no_other() -> None:
    without = encode_raw(CloudEvent(events.OrderExpired.type, a, {"orderId": a, "lines": [], "new": 1}), AT)
    assert read_event(without, events.OrderClosed) == events.OrderExpired(A, ())
    with pytest.raises(MalformedEvent, match="KeyError"):
        read_event(encode_raw(CloudEvent(events.OrderExpired.type, a, {"orderId": a}), AT), events.OrderClosed)


def test_types_are_declared_once_and_named_for_their_topics() -> None:
    sold = dict.fromkeys(("product", "customer", "cart"), SALES)
    for name, kind in KINDS.items():
        thing = name.split(".")[1]
        assert kind.topic.startswith(sold.get(thing, thing))
        assert kind.type == name
