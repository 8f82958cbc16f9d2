"""Which products a listing is about, as SQL conditions."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, column, exists, func, literal, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from models import Product, ProductStatus, StockLevel, Variant
from services.catalog import rules
from services.errors import FieldProblem, InvalidInput
from services.money import currencies_by_exponent

SEARCH_LENGTH: Final = 200
_LARGEST: Final = Decimal(10) ** 12
_MOST_DECIMALS: Final = 20


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """None: not asked. Prices are amounts in each product's own currency. ``statuses``: the caller's to allow."""

    search: str | None = None
    category_id: UUID | None = None
    vendor: str | None = None
    tag: str | None = None
    in_stock: bool | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    statuses: frozenset[ProductStatus] = frozenset({ProductStatus.PUBLISHED})

    def check(self) -> None:
        """Errors: InvalidInput with every problem, at ``filter.<name>``."""
        texts = {"search": self.search, "vendor": self.vendor, "tag": self.tag}
        prices = {"minPrice": self.min_price, "maxPrice": self.max_price}
        found = {
            **{name: rules.line_problem(text, SEARCH_LENGTH) for name, text in texts.items() if text is not None},
            **{name: _price_problem(price) for name, price in prices.items() if price is not None},
        }
        problems = [FieldProblem(("filter", name), message) for name, message in found.items() if message]
        if problems:
            raise InvalidInput(problems)

    @property
    def words(self) -> str:
        """What is searched for; empty when nothing is."""
        return (self.search or "").strip()


def _price_problem(price: Decimal) -> str | None:
    if not price.is_finite() or price < 0:
        return "must be 0 or more"
    if price > _LARGEST:
        return "is too large"
    exponent = price.as_tuple().exponent
    return "has too many decimals" if isinstance(exponent, int) and exponent < -_MOST_DECIMALS else None


def conditions(wanted: ProductFilter, *, is_sqlite: bool) -> list[ColumnElement[bool]]:
    """Conditions on ``Product``, all of which hold. The filter is checked already."""
    found: list[ColumnElement[bool]] = [Product.status.in_(sorted(wanted.statuses))]
    if wanted.words:
        found.append(or_(contains(Product.title, wanted.words), contains(Product.vendor, wanted.words)))
    if wanted.category_id is not None:
        found.append(Product.category_id == wanted.category_id)
    if wanted.vendor is not None:
        found.append(Product.vendor == wanted.vendor)
    if wanted.tag is not None:
        found.append(_has_tag(wanted.tag, is_sqlite))
    if wanted.in_stock is not None:
        found.append(_in_stock() if wanted.in_stock else not_(_in_stock()))
    if wanted.min_price is not None:
        found.append(_dearest_is_at_least(wanted.min_price))
    if wanted.max_price is not None:
        found.append(_cheapest_is_at_most(wanted.max_price))
    return found


def contains(text: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Case-insensitive; the words' own ``%`` and ``_`` stand for themselves."""
    return text.icontains(words, autoescape=True)


def starts_with(text: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    return text.istartswith(words, autoescape=True)


def _has_tag(tag: str, is_sqlite: bool) -> ColumnElement[bool]:
    if is_sqlite:
        tags = func.json_each(Product.tags).table_valued(column("value", String))
        return exists(select(literal(1)).select_from(tags).where(tags.c.value == tag))
    return func.json_contains(Product.tags, func.json_quote(tag)) == 1


def _in_stock() -> ColumnElement[bool]:
    """A variant can be ordered now, outside or within a flash sale."""
    levels = select(literal(1)).join_from(Variant, StockLevel, StockLevel.sku == Variant.sku)
    sold = (Variant.product_id == Product.id, Variant.archived_at.is_(None))
    return exists(levels.where(*sold, StockLevel.available + StockLevel.set_aside > 0))


def _dearest_is_at_least(amount: Decimal) -> ColumnElement[bool]:
    return _by_currency(lambda digits: Product.max_price >= _minor_rounded_up(amount, digits))


def _cheapest_is_at_most(amount: Decimal) -> ColumnElement[bool]:
    return _by_currency(lambda digits: Product.min_price <= _minor_rounded_down(amount, digits))


def _by_currency(compare: Callable[[int], ColumnElement[bool]]) -> ColumnElement[bool]:
    """``compare`` is given the decimals of a currency, and holds for the products priced in such a one."""
    special = currencies_by_exponent()
    usual = Product.currency.not_in([code for codes in special.values() for code in codes])
    branches = [and_(Product.currency.in_(codes), compare(digits)) for digits, codes in special.items()]
    return or_(and_(usual, compare(2)), *branches)


def _minor_rounded_down(amount: Decimal, digits: int) -> int:
    numerator, denominator = amount.as_integer_ratio()
    return numerator * int(10**digits) // denominator


def _minor_rounded_up(amount: Decimal, digits: int) -> int:
    return -_minor_rounded_down(-amount, digits)
