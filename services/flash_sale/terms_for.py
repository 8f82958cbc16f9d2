"""What one buyer is sold an item by: the best of what the buyer's groups have, else what everybody has. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from infra.clock import from_millis
from models.flash_sale_document import FlashItemDoc
from models.group_terms import Pairs
from services.reservation.keys import price_text
from services.reservation.own_terms import ITEMS_TERMS, OwnTerms


def terms_for(item: FlashItemDoc, groups: Collection[str]) -> tuple[FlashItemDoc, OwnTerms]:
    """Returns the item as it is for a member of these groups (the hex of their ids), and what the script that
    reserves is to be told: the lowest price, the highest limit, the earliest start."""
    terms = item.group_terms
    if terms is None:
        return item, ITEMS_TERMS
    price = min([item.price, *_of(terms.prices, groups)])
    limit = max([*_of(terms.limits, groups)], default=None)
    opens = min([*_of(terms.starts, groups)], default=None)
    if terms.public_from_ms is not None:
        opens = terms.public_from_ms if opens is None else min(opens, terms.public_from_ms)
    else:
        opens = None
    own = OwnTerms(limit, opens, price_text(item.price, item.currency) + terms.mark)
    starts_at = item.starts_at if opens is None else max(item.starts_at, from_millis(opens))
    most = item.per_customer_limit if limit is None else limit
    return replace(item, price=price, per_customer_limit=most, starts_at=starts_at), own


def _of(pairs: Pairs, groups: Collection[str]) -> Iterable[int]:
    return (value for group, value in pairs if group in groups)
