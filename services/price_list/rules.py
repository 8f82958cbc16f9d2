"""What a price list may be, and what a variant costs by lists. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from models.documents import PriceDoc, ProductDoc, VariantDoc
from services.catalog.check_prices import charge_problems
from services.money.amounts import is_currency
from services.money.charging import Charging
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.texts import line_problem, sku_problem

MOST_LISTS: Final = 200
MOST_GROUPS: Final = 50
MOST_AT_ONCE: Final = 1_000
MOST_PRICES: Final = 100_000
"""Of one list: it is deleted by one statement."""
_MAX_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class ListDraft:
    """All of a list but its prices."""

    name: str
    group_ids: tuple[UUID, ...]
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PriceWish:
    """``amount``: None takes the list's price away."""

    sku: str
    currency: str
    amount: Decimal | None


def checked_list(draft: ListDraft) -> ListDraft:
    """Returns the list as it is kept. Errors: InvalidInput."""
    name = draft.name[: 4 * _MAX_NAME].strip()
    found: list[FieldProblem] = []
    if problem := line_problem(name, _MAX_NAME, required=True):
        found.append(FieldProblem(("input", "name"), problem))
    if len(draft.group_ids) > MOST_GROUPS or len(set(draft.group_ids)) < len(draft.group_ids):
        found.append(FieldProblem(("input", "groupIds"), f"must be at most {MOST_GROUPS}, each once"))
    if draft.starts_at is not None and draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        found.append(FieldProblem(("input", "endsAt"), "must be after startsAt"))
    if found:
        raise InvalidInput(found)
    return replace(draft, name=name)


def check_wishes(wishes: Sequence[PriceWish], charging: Charging) -> None:
    """Errors: InvalidInput, with each price that is at fault by its place."""
    if not 1 <= len(wishes) <= MOST_AT_ONCE:
        raise InvalidInput.at("prices", message=f"must be 1 to {MOST_AT_ONCE}")
    if problems := list(_wish_problems(wishes, charging)):
        raise InvalidInput(problems)


def _wish_problems(wishes: Sequence[PriceWish], charging: Charging) -> Iterator[FieldProblem]:
    first: dict[tuple[str, str], int] = {}
    for place, wish in enumerate(wishes):
        at = ("input", "prices", str(place))
        earlier = first.setdefault((wish.sku, wish.currency), place)
        if problem := sku_problem(wish.sku):
            yield FieldProblem((*at, "sku"), problem)
        elif not is_currency(wish.currency):
            yield FieldProblem((*at, "currencyCode"), "is not an ISO 4217 currency code")
        elif earlier != place:
            yield FieldProblem((*at, "sku"), f"is the same, in the same currency, as prices.{earlier}")
        elif wish.amount is not None:
            yield from charge_problems(wish.amount, wish.currency, charging, *at, "price")


Own = Mapping[UUID, Mapping[str, int]]
"""By variant and currency what it costs by the lists of somebody, in minor units."""


def own_product(product: ProductDoc, own: Own) -> ProductDoc:
    """Returns the product as it is for whom ``own`` is: of the shop's price and theirs the lower counts."""
    if not any(variant.id in own for variant in product.variants):
        return product
    variants = tuple(
        own_variant(variant, own[variant.id]) if variant.id in own else variant for variant in product.variants
    )
    sold = [variant.price for variant in variants if not variant.archived] or [v.price for v in variants]
    return replace(product, variants=variants, min_price=min(sold), max_price=max(sold))


def own_variant(variant: VariantDoc, own: Mapping[str, int]) -> VariantDoc:
    """Returns the variant with the lower of the two prices in each currency; in one that it has no price in, the
    list's."""
    known = {price.currency: price for price in variant.prices}
    others = [
        replace(price, amount=min(price.amount, own.get(price.currency, price.amount))) for price in known.values()
    ]
    new = own.keys() - known.keys() - {variant.currency}
    others += [PriceDoc(currency, own[currency], None) for currency in new]
    prices = tuple(sorted(others, key=lambda price: price.currency))
    return replace(variant, price=min(variant.price, own.get(variant.currency, variant.price)), prices=prices)
