"""Export orders as CSV, a row for each line, the oldest order first."""

import csv
from collections.abc import Callable, Iterator
from typing import Final, TextIO

from infra.runtime import Infra
from models import User
from models.enums import MetadataOwner
from models.order_document import LineView, OrderView
from services.metadata.views import definitions, values_of
from services.money.amounts import to_decimal
from services.order.order_filter import OrderFilter
from services.order.search_orders import count_found, oldest_after
from services.user.find_users import find_users

PAGE: Final = 500
Progress = Callable[[int, int], None]
"""Orders done, and of how many."""
_ADDRESS: Final = ("recipient", "phone", "line1", "line2", "city", "region", "postal_code", "country_code")
_CHARGES: Final = ("subtotal", "discount", "shipping", "shipping_discount", "tax")
COLUMNS: Final = (
    *("number", "status", "placed_at", "customer_id", "customer_email", "currency"),
    *(*_CHARGES, "tax_included", "total", "discount_code", "shipping_method"),
    *(
        "line_sku",
        "line_title",
        "line_quantity",
        "line_shipped",
        "line_cancelled",
        "line_refunded",
        "line_unit_price",
    ),
    *(f"shipping_{name}" for name in _ADDRESS),
)
_METADATA: Final = "metadata."
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


async def export_orders(
    infra: Infra, stream: TextIO, wanted: OrderFilter, progress: Progress = lambda done, total: None
) -> int:
    """Write those that match; how many they were. The stream is opened with ``newline=""``.

    Amounts are decimals of the order's currency, moments ISO 8601 in UTC. Each page is as the database has it
    at that moment. Errors: StoreUnavailable.
    """
    total = await count_found(infra, wanted)
    defined = [one for one in await definitions(infra) if one.owner is MetadataOwner.ORDER]
    columns = (*COLUMNS, *(f"{_METADATA}{one.key}" for one in defined))
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    done, last = 0, None
    while page := await oldest_after(infra, wanted, last, PAGE):
        users = await find_users(infra, [order.customer_id for order in page])
        for order, user in zip(page, users, strict=True):
            values = values_of(order.meta, defined, MetadataOwner.ORDER)
            meta = {f"{_METADATA}{one.key}": text_cell(value) for one, value in values}
            writer.writerows(row | meta for row in _rows(order, user))
        done, last = done + len(page), page[-1].id
        progress(done, max(done, total))
    return done


def _rows(order: OrderView, user: User | None) -> Iterator[dict[str, str | int]]:
    common = _of_order(order, user) | _of_charges(order) | _of_address(order)
    for line in order.lines:
        yield common | _of_line(line, order.currency)


def _of_order(order: OrderView, user: User | None) -> dict[str, str | int]:
    return {
        "number": order.number,
        "status": order.status,
        "placed_at": order.placed_at.isoformat(),
        "customer_id": str(order.customer_id),
        "customer_email": text_cell(user.mailbox if user else None),
        "currency": order.currency,
        "total": _amount(order.total, order.currency),
    }


def _of_charges(order: OrderView) -> dict[str, str | int]:
    """A flash order has its lines alone."""
    charges = order.charges
    if charges is None:
        return {"subtotal": _amount(order.total, order.currency)}
    amounts: dict[str, str | int] = {name: _amount(getattr(charges, name), order.currency) for name in _CHARGES}
    return amounts | {
        "tax_included": "yes" if charges.tax_inclusive else "no",
        "discount_code": text_cell(charges.discount_code),
        "shipping_method": text_cell(charges.shipping_method),
    }


def _of_address(order: OrderView) -> dict[str, str | int]:
    address = order.shipping_address
    return {} if address is None else {f"shipping_{name}": text_cell(getattr(address, name)) for name in _ADDRESS}


def _of_line(line: LineView, currency: str) -> dict[str, str | int]:
    return {
        "line_sku": text_cell(line.sku),
        "line_title": text_cell(line.title),
        "line_quantity": line.quantity,
        "line_shipped": line.shipped,
        "line_cancelled": line.cancelled,
        "line_refunded": line.returned,
        "line_unit_price": _amount(line.unit_price, currency),
    }


def _amount(minor: int, currency: str) -> str:
    return f"{to_decimal(minor, currency):f}"


def text_cell(text: str | None) -> str:
    """Returns a cell: what customers wrote must be no formula in the spreadsheet of who opens it (OWASP, CSV
    Injection)."""
    return f"'{text}" if text and text.startswith(_FORMULA) else text or ""
