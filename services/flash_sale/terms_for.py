"""What one buyer is sold an item by: in the currency that is asked for, the best of what the buyer's groups have,
else what everybody has. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from infra.clock import from_millis
from models.flash_sale_document import FlashItemDoc
from models.group_terms import GroupTerms, Pairs
from services.reservation.keys import price_text
from services.reservation.own_terms import ITEMS_TERMS, OwnTerms
from services.shared.errors import InvalidInput


def in_currency(items: Sequence[FlashItemDoc], currency: str | None) -> None:
    """Check that all have a price in the currency. Errors: InvalidInput."""
    for item in items:
        # Of an item that is not shown nothing is told.
        if currency is not None and item.is_public and not item.is_sold_in(currency):
            message = f"is no currency in which {item.sku} has a price in this sale"
            raise InvalidInput.at("currencyCode", message=message)


def terms_for(
    item: FlashItemDoc, groups: Collection[str], currency: str | None = None
) -> tuple[FlashItemDoc, OwnTerms]:
    """Returns the item as it is for a member of these groups (the hex of their ids), in the currency if it has
    such a price, else in its own; and what the script that reserves is to be told. Of groups' terms the lowest
    price, the highest limit, the earliest start count."""
    if not item.mark:
        return item, ITEMS_TERMS
    known = price_text(item.price, item.currency) + item.mark
    currency, everybodys = item.price_in(currency)
    terms = item.group_terms
    if terms is None:
        return replace(item, price=everybodys, currency=currency), OwnTerms(price=known)
    price = min([everybodys, *_prices_of(item, terms, groups, currency)])
    limit = max([*_of(terms.limits, groups)], default=None)
    opens = min([*_of(terms.starts, groups)], default=None)
    if terms.public_from_ms is not None:
        opens = terms.public_from_ms if opens is None else min(opens, terms.public_from_ms)
    else:
        opens = None
    own = OwnTerms(limit, opens, known)
    starts_at = item.starts_at if opens is None else max(item.starts_at, from_millis(opens))
    most = item.per_customer_limit if limit is None else limit
    return replace(item, price=price, currency=currency, per_customer_limit=most, starts_at=starts_at), own


def _prices_of(item: FlashItemDoc, terms: GroupTerms, groups: Collection[str], currency: str) -> Iterable[int]:
    if currency == item.currency:
        return _of(terms.prices, groups)
    mine = (prices for group, prices in terms.listed if group in groups)
    return (price for prices in mine for code, price in prices if code == currency)


def _of(pairs: Pairs, groups: Collection[str]) -> Iterable[int]:
    return (value for group, value in pairs if group in groups)
