"""What is in the ``data`` of each type of event, as JSON Schema 2020-12. The tests hold every event against it."""

from typing import Any, Final

from models.enums import PaymentProblem, PaymentStatus, StockCause
from services.shared import events

Schema = dict[str, Any]
_ID: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "A UUID in hex."}
_SKU: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 64}
_UNITS: Final[Schema] = {"type": "integer", "minimum": 0}
_MINOR: Final[Schema] = {"type": "integer", "description": "Minor units of the currency."}
_CURRENCY: Final[Schema] = {"type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217."}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_FLAG: Final[Schema] = {"type": "boolean"}
_TEXT: Final[Schema] = {"type": "string"}


def _or_none(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(required: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """Consumers must take properties that they do not know: more may come."""
    return {
        "type": "object",
        "properties": {**required, **(optional or {})},
        "required": list(required),
    }


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


_LINE: Final = _object(
    {
        "sku": _SKU,
        "variantId": _ID,
        "itemId": _or_none(_ID),
        "title": _TEXT,
        "quantity": {"type": "integer", "minimum": 1},
        "unitPrice": _MINOR,
        "epoch": _UNITS,
    }
)
_ADDRESS: Final = _object(
    {
        **dict.fromkeys(("recipient", "phone", "line1", "city", "countryCode"), _TEXT),
        **dict.fromkeys(("line2", "region", "postalCode"), _or_none(_TEXT)),
        "id": _ID,
        "isDefault": _FLAG,
    }
)
_CHARGES: Final = _object(
    {
        **dict.fromkeys(("subtotal", "discount", "shipping", "shippingDiscount", "tax"), _MINOR),
        "taxInclusive": _FLAG,
        "shippingMethod": _or_none(_TEXT),
        "discountCode": _or_none(_TEXT),
    }
)
_ORDER: Final = _object(
    {
        "id": _ID,
        "customerId": _ID,
        "idempotencyKey": _TEXT,
        "fingerprint": _TEXT,
        "currency": _CURRENCY,
        "paymentTimeoutMs": _UNITS,
        "placedAtMs": _UNITS,
        "lines": _list(_LINE),
        "shippingAddress": _or_none(_ADDRESS),
    },
    {"charges": _CHARGES, "traceparent": _TEXT},
)
_ONE_ORDER: Final = {"orderId": _ID}
_HELD: Final = _list(_object({"sku": _SKU, "itemId": _ID}))
_CLOSED: Final = _object(_ONE_ORDER | {"lines": _HELD}, {"refundDue": _FLAG})
_PAYMENT: Final = _object(
    {
        "paymentId": _ID,
        "orderId": _ID,
        "provider": _TEXT,
        "status": {"enum": [status.value for status in PaymentStatus]},
        "amount": _MINOR,
        "captured": _MINOR,
        "refunded": _MINOR,
        "currency": _CURRENCY,
        "problem": _or_none({"enum": [problem.value for problem in PaymentProblem]}),
    }
)
_SALE: Final = _object(
    {
        "saleId": _ID,
        "version": _UNITS,
        "name": _TEXT,
        "startsAt": _TIME,
        "endsAt": _TIME,
        "paused": _FLAG,
        "cancelled": _FLAG,
        "items": _list(
            _object(
                {"itemId": _ID, "sku": _SKU, "price": _MINOR, "currency": _CURRENCY, "quantity": _UNITS},
                {"perCustomerLimit": _UNITS, "unsold": _UNITS},
            )
        ),
    }
)

DATA: Final[dict[str, Schema]] = {
    events.ORDER_PLACED: _ORDER,
    events.ORDER_ACCEPTED: _ORDER,
    events.ORDER_CANCELLED: _CLOSED,
    events.ORDER_EXPIRED: _CLOSED,
    events.ORDER_REFUNDED: _CLOSED,
    events.ORDER_REJECTED: _object(_ONE_ORDER | {"customerId": _ID, "lines": _list({"type": "object"})}),
    events.ORDER_PAID: _object(_ONE_ORDER),
    events.ORDER_PARTLY_SHIPPED: _object(_ONE_ORDER | {"shipmentId": _ID}),
    events.ORDER_SHIPPED: _object(_ONE_ORDER | {"shipmentId": _ID, "lines": _HELD}),
    events.ORDER_COMPLETED: _object(_ONE_ORDER),
    events.ORDER_NOTED: _object(_ONE_ORDER | {"internal": _FLAG}),
    **dict.fromkeys(
        (
            *(events.PAYMENT_CREATED, events.PAYMENT_AUTHORIZED, events.PAYMENT_CAPTURED),
            *(events.PAYMENT_FAILED, events.PAYMENT_CANCELLED, events.PAYMENT_REFUNDED),
        ),
        _PAYMENT,
    ),
    events.STOCK_CHANGED: _object(
        {
            "sku": _SKU,
            "warehouseId": _ID,
            "cause": {"enum": [cause.value for cause in StockCause]},
            "units": {"type": "integer"},
            "onHand": _UNITS,
            "available": {"type": "integer"},
            "reference": _or_none(_ID),
        }
    ),
    events.STOCK_LOW: _object({"sku": _SKU, "available": {"type": "integer"}, "threshold": _UNITS}),
    **dict.fromkeys(
        (
            *(events.SALE_SCHEDULED, events.SALE_CHANGED, events.SALE_PAUSED),
            *(events.SALE_RESUMED, events.SALE_ENDED, events.SALE_SETTLED),
        ),
        _SALE,
    ),
}
