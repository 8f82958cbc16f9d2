"""Which products a listing is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from models import ProductStatus
from services.metadata.views import Found
from services.shared import texts
from services.shared.errors import FieldProblem, InvalidInput

SEARCH_LENGTH: Final = 200
MOST_VALUES: Final = 20
_LARGEST: Final = Decimal(10) ** 12
_MOST_DECIMALS: Final = 20


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """None, or empty: not asked. Of ``vendors`` and of ``category_ids`` any will do, ``tags`` must all be there.

    ``category_id`` is that very category; ``within`` and ``category_ids`` go with all below them. Of vendors and
    tags, case, width and spacing do not count. Prices are amounts in each product's own currency. ``metadata``:
    one of each.
    ``statuses``: sorted, the caller's to allow. In no set: what a listing is cached under must be the same in
    every process.
    """

    search: str | None = None
    category_id: UUID | None = None
    within: UUID | None = None
    vendor: str | None = None
    tag: str | None = None
    in_stock: bool | None = None
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    vendors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    category_ids: tuple[UUID, ...] = ()
    metadata: tuple[Found, ...] = ()
    statuses: tuple[ProductStatus, ...] = (ProductStatus.PUBLISHED,)

    def check(self) -> None:
        """Errors: InvalidInput with every problem, at ``filter.<name>``."""
        given = {"search": self.search, "vendor": self.vendor, "tag": self.tag}
        prices = {"minPrice": self.min_price, "maxPrice": self.max_price}
        found = {
            **{name: texts.line_problem(text, SEARCH_LENGTH) for name, text in given.items() if text is not None},
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
        for name, listed in (("vendors", self.vendors), ("tags", self.tags)):
            for place, text in enumerate(listed[:MOST_VALUES]):
                if problem := texts.line_problem(text, SEARCH_LENGTH):
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
