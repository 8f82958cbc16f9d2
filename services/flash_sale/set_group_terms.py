"""Set what groups of customers are sold by in a sale that is to come: an early start, prices and limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.clock import to_millis
from infra.runtime import Infra
from models import CustomerGroup, FlashSale, FlashSaleItem
from models.flash_sale_document import sale_status
from services.catalog.product_draft import PriceDraft
from services.flash_sale.announce import announce
from services.flash_sale.apply_sale import apply_sale
from services.flash_sale.change_state import lock_sale
from services.flash_sale.item_prices import Priceable, checked_list
from services.flash_sale.rules import MAX_QUANTITY
from services.money.amounts import MoneyError, to_minor
from services.money.charging import Charging, charging_of
from services.shared.errors import FlashSaleStateConflict, InvalidInput, NotFound, StaleVersion
from services.shared.events import SaleChanged
from services.shared.patience import or_try_again, transact_for_request

_AHEAD: Final = timedelta(seconds=10)
"""Before the start, so that every process and Redis have the terms by then."""
MOST_GROUPS: Final = 50


@dataclass(frozen=True, slots=True)
class GroupItem:
    """``prices``: in those currencies other than the item's own in which it has a price."""

    sku: str
    price: Decimal | None = None
    limit: int | None = None
    prices: tuple[PriceDraft, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """``starts_at``: from when on it sells to the group, where that is before ``public_from``."""

    group_id: UUID
    starts_at: datetime | None = None
    items: tuple[GroupItem, ...] = ()


@dataclass(frozen=True, slots=True)
class TermsWish:
    """``public_from``: before that it sells to these groups alone. ``groups``: all that there shall be."""

    sale_id: UUID
    version: int
    public_from: datetime | None
    groups: tuple[GroupDraft, ...]


async def set_group_terms(infra: Infra, wish: TermsWish) -> None:
    """Returns when nobody sells by the terms of before. Those that are so already are left alone.

    Errors: NotFound (the sale, a group), StaleVersion, FlashSaleStateConflict (it has begun, or is about to),
    InvalidInput, TryAgain.
    """
    with or_try_again():
        await transact_for_request(infra, lambda session: _set(session, infra, wish))
        await apply_sale(infra, wish.sale_id, load=False)


async def _set(session: AsyncSession, infra: Infra, wish: TermsWish) -> None:
    sale, now = await lock_sale(session, wish.sale_id), infra.now()
    terms = _checked(sale, wish, charging_of(infra.settings))
    if terms == sale.group_terms:
        return
    if sale.closed_at is not None or sale.starts_at - _AHEAD <= now:
        raise FlashSaleStateConflict(sale_status(sale, now), "change")
    if wish.version != sale.version:
        raise StaleVersion(sale.version)
    await _require_groups(session, [draft.group_id for draft in wish.groups])
    sale.group_terms = terms
    sale.version += 1
    await announce(session, SaleChanged, sale, sale.items, now)


async def _require_groups(session: AsyncSession, ids: Sequence[UUID]) -> None:
    known = set(await session.scalars(select(CustomerGroup.id).where(CustomerGroup.id.in_(ids))))
    if known != set(ids):
        raise NotFound("There is no such group.")


def _checked(sale: FlashSale, wish: TermsWish, charging: Charging) -> dict[str, Any] | None:
    """Returns the terms as a sale has them. Errors: InvalidInput."""
    public = wish.public_from
    if len({draft.group_id for draft in wish.groups}) < len(wish.groups) or len(wish.groups) > MOST_GROUPS:
        raise InvalidInput.at("groups", message=f"must be at most {MOST_GROUPS}, each once")
    if public is not None and not sale.starts_at <= public < sale.ends_at:
        raise InvalidInput.at("publicFrom", message="must be within the sale")
    if not wish.groups and public is None:
        return None
    there = {item.sku: item for item in sale.items if item.quantity}
    groups: dict[str, Any] = {}
    for place, draft in enumerate(wish.groups):
        at = ("groups", str(place))
        if draft.starts_at is not None and (public is None or not sale.starts_at <= draft.starts_at < public):
            raise InvalidInput.at(*at, "startsAt", message="must be within the sale, and before publicFrom")
        items = {
            item.sku: _item(item, there, charging, (*at, "items", str(index)))
            for index, item in enumerate(draft.items)
        }
        starts = None if draft.starts_at is None else to_millis(draft.starts_at)
        groups[draft.group_id.hex] = {"starts": starts, "items": items}
    return {"publicFrom": None if public is None else to_millis(public), "groups": groups}


def _item(item: GroupItem, there: dict[str, FlashSaleItem], charging: Charging, at: tuple[str, ...]) -> list[Any]:
    of_all = there.get(item.sku)
    if of_all is None:
        raise InvalidInput.at(*at, "sku", message="is not in this sale")
    if item.limit is not None and not 0 < item.limit <= MAX_QUANTITY:
        raise InvalidInput.at(*at, "perCustomerLimit", message=f"must be 1 to {MAX_QUANTITY}")
    by = Priceable(charging, frozenset(of_all.prices or ()), "is no currency in which the item has a price")
    listed = checked_list(item.prices, of_all.currency, by, *at, "prices")
    price = None if item.price is None else _own_price(item.price, of_all.currency, charging, at)
    return [price, item.limit, *([listed] if listed else [])]


def _own_price(amount: Decimal, currency: str, charging: Charging, at: tuple[str, ...]) -> int:
    try:
        problem = charging.problem(amount, currency)
        price = to_minor(amount, currency)
    except MoneyError as error:
        raise InvalidInput.at(*at, "price", message=str(error)) from error
    if problem is not None:
        raise InvalidInput.at(*at, "price", message=problem)
    return price
