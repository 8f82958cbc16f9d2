"""Find a code that a customer gives, and what it takes off."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, select

from infra.runtime import Infra
from models import DiscountCode, DiscountKind, FlashCodeHold
from services.shared.errors import InvalidInput
from services.shared.pricing import NO_DISCOUNT, OrderDiscount

CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{2,39}", re.ASCII)
_NOT_VALID: Final = "is not valid"


@dataclass(frozen=True, slots=True)
class FoundCode:
    id: UUID
    code: str
    discount: OrderDiscount


def normal(code: str) -> str | None:
    """Returns the code as codes are stored, in capitals; None for what can be no code."""
    text = code.strip().upper() if code.isascii() else ""
    return text if CODE.fullmatch(text) else None


def refused(message: str = _NOT_VALID) -> InvalidInput:
    return InvalidInput.at("discountCode", message=message)


def check_window(row: DiscountCode, now: datetime) -> None:
    """Errors: InvalidInput."""
    if row.disabled_at is not None or (row.starts_at is not None and now < row.starts_at):
        raise refused()
    if row.ends_at is not None and now >= row.ends_at:
        raise refused("has expired")


def check_limit(row: DiscountCode) -> None:
    """Errors: InvalidInput."""
    if row.max_uses is not None and row.used >= row.max_uses:
        raise refused("is used up")


async def find_code(infra: Infra, given: str, currency: str, held_by: UUID | None = None) -> FoundCode:
    """Find a code.

    Whether there is a use left is only sure when it is held: a quote of ``held_by`` may hold it. Errors:
    InvalidInput, StoreUnavailable.
    """
    code = normal(given)
    if code is None:
        raise refused()
    async with infra.database.read() as session:
        row = await session.scalar(select(DiscountCode).where(DiscountCode.code == code))
        hold = None if row is None or held_by is None else await session.scalar(_hold_of(row.id, held_by))
    if row is None:
        raise refused()
    check_window(row, infra.now())
    if hold is None:
        check_limit(row)
    if row.kind == DiscountKind.AMOUNT and row.currency != currency:
        raise refused(f"is for orders in {row.currency}")
    free = row.kind == DiscountKind.FREE_SHIPPING
    return FoundCode(row.id, row.code, OrderDiscount(row.rate, row.amount, free))


def _hold_of(code_id: UUID, customer_id: UUID) -> Select[UUID]:
    mine = (FlashCodeHold.code_id == code_id, FlashCodeHold.customer_id == customer_id)
    return select(FlashCodeHold.id).where(*mine)


async def discount_of(infra: Infra, code: str) -> OrderDiscount:
    """Returns what a code takes off that an order uses, whatever has become of its window since.

    Errors: StoreUnavailable.
    """
    async with infra.database.read() as session:
        row = await session.scalar(select(DiscountCode).where(DiscountCode.code == code))
    if row is None:
        return NO_DISCOUNT
    return OrderDiscount(row.rate, row.amount, row.kind == DiscountKind.FREE_SHIPPING)


async def codes_by_id(infra: Infra, ids: Collection[UUID]) -> dict[UUID, DiscountCode]:
    """Find codes by their ids, for staff. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found = await session.scalars(select(DiscountCode).where(DiscountCode.id.in_(ids)))
        return {row.id: row for row in found}
