"""Which products a listing is about, as SQL conditions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from models import Product, ProductStatus, SearchPosting, StockLevel, Variant
from models.search import tag_term
from services.catalog import rules
from services.errors import FieldProblem, InvalidInput
from services.money import currencies_by_exponent

SEARCH_LENGTH: Final = 200
MOST_VALUES: Final = 20
_LARGEST: Final = Decimal(10) ** 12
_MOST_DECIMALS: Final = 20


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """None, or empty: not asked. Of ``vendors`` and of ``category_ids`` any will do, ``tags`` must all be there.

    Prices are amounts in each product's own currency. ``statuses``: sorted, the caller's to allow.
    In no set: what a listing is cached under must be the same in every process.
    """

    search: str | None = None
    category_id: UUID | None = None
    vendor: str | None = None
    tag: str | None = None
    in_stock: bool | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    vendors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    statuses: tuple[ProductStatus, ...] = (ProductStatus.PUBLISHED,)

    def check(self) -> None:
        """Errors: InvalidInput with every problem, at ``filter.<name>``."""
        texts = {"search": self.search, "vendor": self.vendor, "tag": self.tag}
        prices = {"minPrice": self.min_price, "maxPrice": self.max_price}
        found = {
            **{name: rules.line_problem(text, SEARCH_LENGTH) for name, text in texts.items() if text is not None},
            **{name: _price_problem(price) for name, price in prices.items() if price is not None},
        }
        problems = [FieldProblem(("filter", name), message) for name, message in found.items() if message]
        problems += list(self._problems_of_lists())
        if problems:
            raise InvalidInput(problems)

    def _problems_of_lists(self) -> Iterator[FieldProblem]:
        for name, given in (("vendors", self.vendors), ("tags", self.tags), ("categoryIds", self.category_ids)):
            if len(given) > MOST_VALUES:
                yield FieldProblem(("filter", name), f"has more than {MOST_VALUES} entries")
        for name, texts in (("vendors", self.vendors), ("tags", self.tags)):
            for place, text in enumerate(texts[:MOST_VALUES]):
                if problem := rules.line_problem(text, SEARCH_LENGTH):
                    yield FieldProblem(("filter", name, str(place)), problem)

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


def conditions(wanted: ProductFilter) -> list[ColumnElement[bool]]:
    """Conditions on ``Product``, all of which hold, without the search. The filter is checked already."""
    found: list[ColumnElement[bool]] = [_in(Product.status, wanted.statuses)]
    if wanted.category_id is not None:
        found.append(Product.category_id == wanted.category_id)
    if wanted.category_ids:
        found.append(Product.category_id.in_(wanted.category_ids))
    if wanted.vendor is not None:
        found.append(Product.vendor == wanted.vendor)
    if wanted.vendors:
        found.append(Product.vendor.in_(wanted.vendors))
    found += [_has_tag(tag) for tag in wanted.tags]
    if wanted.tag is not None:
        found.append(_has_tag(wanted.tag))
    if wanted.in_stock is not None:
        found.append(_in_stock(wanted.in_stock))
    if wanted.min_price is not None:
        found.append(_dearest_is_at_least(wanted.min_price))
    if wanted.max_price is not None:
        found.append(_cheapest_is_at_most(wanted.max_price))
    return found


def _in(column: InstrumentedAttribute[ProductStatus], values: Sequence[ProductStatus]) -> ColumnElement[bool]:
    # An index is read in order along one value, not along a list of one.
    return column == values[0] if len(values) == 1 else column.in_(values)


def _has_tag(tag: str) -> ColumnElement[bool]:
    posting = aliased(SearchPosting)
    return exists().where(posting.product_id == Product.id, posting.term == tag_term(tag))


def _in_stock(wanted: bool) -> ColumnElement[bool]:
    """Whether a variant can be ordered now, outside or within a flash sale."""
    levels = select(literal(1)).join_from(Variant, StockLevel, StockLevel.sku == Variant.sku)
    sold = (Variant.product_id == Product.id, Variant.archived_at.is_(None))
    some = levels.where(*sold, StockLevel.available + StockLevel.set_aside > 0).limit(1)
    # A value and no EXISTS, of which MariaDB makes a join that loses the order of the listing's index.
    found = some.correlate(Product).scalar_subquery()
    return found.is_not(None) if wanted else found.is_(None)


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
