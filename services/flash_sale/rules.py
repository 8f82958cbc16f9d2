"""What staff want a sale and its waiting room to be, and what must be right about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import FlashSale, Product, ProductStatus, Variant, WaitingRoom
from services.catalog.product_draft import PriceDraft
from services.shared import texts
from services.shared.errors import FieldProblem, InvalidInput, NotFound

MAX_NAME = 200
MAX_ITEMS = 100
MAX_QUANTITY = 10_000_000
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class ItemDraft:
    """``price`` in the variant's currency; ``quantity`` is set aside from ordinary stock. ``prices``: in other
    currencies; None leaves those that the item has."""

    sku: str
    price: Decimal
    quantity: int
    per_customer_limit: int
    prices: tuple[PriceDraft, ...] | None = None


@dataclass(frozen=True, slots=True)
class SaleDraft:
    """``admit_per_second``: of its waiting room; None when it has none. Its orders may use codes where it
    ``allows_codes``, and say where they go and how where it ``requires_delivery``."""

    name: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[ItemDraft, ...]
    admit_per_second: int | None = None
    allows_codes: bool = False
    requires_delivery: bool = False
    confirmed_email_only: bool = False


def check_draft(draft: SaleDraft, now: datetime) -> None:
    """Errors: InvalidInput."""
    problems = [*_times_and_name(draft, now), *_items(draft.items)]
    if problems:
        raise InvalidInput(problems)


def _times_and_name(draft: SaleDraft, now: datetime) -> Iterator[FieldProblem]:
    name_problem = texts.line_problem(draft.name.strip(), MAX_NAME, required=True)
    if name_problem:
        yield FieldProblem(("input", "name"), name_problem)
    if draft.ends_at <= draft.starts_at:
        yield FieldProblem(("input", "endsAt"), "must be after startsAt")
    if draft.ends_at <= now:
        yield FieldProblem(("input", "endsAt"), "must be in the future")
    if draft.ends_at - draft.starts_at > _LONGEST:
        yield FieldProblem(("input", "endsAt"), "must be within a year of startsAt")


def _items(items: Sequence[ItemDraft]) -> Iterator[FieldProblem]:
    if not 0 < len(items) <= MAX_ITEMS:
        yield FieldProblem(("input", "items"), f"must have 1 to {MAX_ITEMS} items")
    seen: set[str] = set()
    for index, item in enumerate(items[:MAX_ITEMS]):
        at = ("input", "items", str(index))
        if item.sku in seen:
            yield FieldProblem((*at, "sku"), "stands twice in this sale")
        if not 0 < item.quantity <= MAX_QUANTITY:
            yield FieldProblem((*at, "quantity"), f"must be 1 to {MAX_QUANTITY}")
        if not 0 < item.per_customer_limit <= MAX_QUANTITY:
            yield FieldProblem((*at, "perCustomerLimit"), f"must be 1 to {MAX_QUANTITY}")
        seen.add(item.sku)


async def find_variants(session: AsyncSession, skus: Sequence[str]) -> dict[str, Variant]:
    """Errors: NotFound."""
    # A draft may wait for its sale; customers see the item once the product is published.
    sold = (Variant.archived_at.is_(None), Product.status != ProductStatus.ARCHIVED)
    wanted = select(Variant).join(Product, Product.id == Variant.product_id).where(Variant.sku.in_(skus), *sold)
    found = {variant.sku: variant for variant in await session.scalars(wanted)}
    for sku in skus:
        if sku not in found:
            raise NotFound(f"There is no SKU {sku}.")
    return found


MOST_A_SECOND: Final = 100_000


def check_rate(rate: int | None, field: str) -> None:
    """Errors: InvalidInput."""
    if rate is not None and not 1 <= rate <= MOST_A_SECOND:
        raise InvalidInput.at(field, message=f"must be 1 to {MOST_A_SECOND}")


def new_room(sale: FlashSale, rate: int | None, now: datetime) -> WaitingRoom:
    return WaitingRoom(sale_id=sale.id, admit_per_second=rate, entered=0, base_count=0, base_at=now)
