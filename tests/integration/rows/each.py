"""A row of each table, with values that are hard to keep."""

from models import Base, CustomerGroup, Variant
from tests.integration.rows.people import account, mail
from tests.integration.rows.shop import cart, catalog, charges, order, price_list, sale_of, search, stock
from tests.integration.rows.work import messaging, metadata, money


def a_row_of_each() -> list[Base]:
    shelf = catalog()
    variant = next(row for row in shelf if isinstance(row, Variant))
    people = account()
    group = next(row for row in people if isinstance(row, CustomerGroup))
    return [
        *shelf,
        *sale_of(variant),
        *order(),
        *cart(),
        *charges(),
        *stock(),
        *metadata(),
        *messaging(),
        *money(),
        *mail(),
        *people,
        *price_list(variant, group),
        *search(),
    ]
