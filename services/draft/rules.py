"""What a draft may be."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from services.address.rules import AddressDraft
from services.money.amounts import MoneyError, is_currency
from services.money.charging import Charging
from services.shared.asked import units_problem
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.texts import line_problem, text_problem

MAX_LINES: Final = 100
MAX_REASON: Final = 200
MAX_NOTE: Final = 500


@dataclass(frozen=True, slots=True)
class LineWish:
    """``unit_price`` None is the shop's own; another one needs a ``reason``."""

    variant_id: UUID
    quantity: int
    unit_price: Decimal | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DraftWish:
    """For a customer, by id or - a guest is made - by e-mail."""

    currency: str
    lines: tuple[LineWish, ...]
    customer_id: UUID | None = None
    email: str | None = None
    address: AddressDraft | None = None
    shipping_method: str | None = None
    discount_code: str | None = None
    note: str | None = None


def check_draft(wish: DraftWish, charging: Charging) -> None:
    """Errors: InvalidInput naming every field at fault."""
    if found := [*_own_problems(wish), *_line_problems(wish, charging)]:
        raise InvalidInput(found)


def _own_problems(wish: DraftWish) -> Iterator[FieldProblem]:
    if not is_currency(wish.currency):
        yield _at("is no ISO 4217 currency code", "currencyCode")
    if (wish.customer_id is None) == (wish.email is None):
        yield _at("must be given, or email, and not both", "customerId")
    if not 1 <= len(wish.lines) <= MAX_LINES:
        yield _at(f"must have 1 to {MAX_LINES} entries", "lines")
    if wish.shipping_method is not None and (problem := line_problem(wish.shipping_method, 40, required=True)):
        yield _at(problem, "shippingMethod")
    if wish.note is not None and (problem := text_problem(wish.note, MAX_NOTE)):
        yield _at(problem, "note")


def _line_problems(wish: DraftWish, charging: Charging) -> Iterator[FieldProblem]:
    seen: set[UUID] = set()
    for place, line in enumerate(wish.lines[:MAX_LINES]):
        if line.variant_id in seen:
            yield _at("is in another line too", "lines", str(place), "variantId")
        seen.add(line.variant_id)
        if problem := units_problem(line.quantity):
            yield _at(problem, "lines", str(place), "quantity")
        if problem := _reason_problem(line):
            yield _at(problem, "lines", str(place), "reason")
        if line.unit_price is not None and (problem := _price_problem(line.unit_price, wish.currency, charging)):
            yield _at(problem, "lines", str(place), "unitPrice")


def _reason_problem(line: LineWish) -> str | None:
    if line.unit_price is None:
        return None if line.reason is None else "is for a price that is another than the shop's"
    return line_problem(line.reason or "", MAX_REASON, required=True)


def _price_problem(price: Decimal, currency: str, charging: Charging) -> str | None:
    if not is_currency(currency):
        return None
    try:
        return charging.problem(price, currency)
    except MoneyError as error:
        return str(error)


def _at(message: str, *path: str) -> FieldProblem:
    return FieldProblem(("input", *path), message)
