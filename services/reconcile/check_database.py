"""Check the books of a SKU in a warehouse against themselves. Pure."""

from collections.abc import Iterator

from services.reconcile.books import Books, ItemBooks
from services.reconcile.report import Difference, Scope
from services.stock.rules import Counts


def check_database(books: Books) -> list[Difference]:
    """Returns what does not add up."""
    return [*_check_level(books), *_check_items(books)]


def _check_level(books: Books) -> Iterator[Difference]:
    level = books.level
    if level is None:
        if any(books.ledger) or books.items or books.held or books.committed:
            yield _difference(books, "level", "a level", None)
        return
    expected = {
        "equation": (level.on_hand, sum(level) - level.on_hand),
        "set_aside": (sum(item.remaining for item in books.unsettled), level.set_aside),
        "held": (books.held, level.held),
        "committed": (books.committed, level.committed),
    }
    for name, right, noted in zip(Counts._fields, level, books.ledger, strict=True):
        expected[f"ledger {name}"] = (right, noted)
    for what, (right, found) in expected.items():
        if right != found:
            yield _difference(books, what, right, found)


def _check_items(books: Books) -> Iterator[Difference]:
    # What is given back after the settlement goes to ordinary stock, so a settled item's count stands still.
    for item in books.unsettled:
        right = item.quantity - item.taken
        if item.remaining != right or right < 0:
            yield _difference(books, "remaining", right, item.remaining, item)


def _difference(
    books: Books, what: str, expected: int | str, found: int | None, item: ItemBooks | None = None
) -> Difference:
    item_id = item.id if item else None
    return Difference(Scope.DATABASE, books.sku, item_id, what, expected, found, warehouse=books.warehouse)
