"""Conditions on one candidate, each a look by key.

They are values of subqueries with a limit and never EXISTS: of that, MySQL and MariaDB may make a join, and read
all that it holds first.
"""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, case, func, literal, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from services.catalog.index_entry import BODY, LABEL
from services.catalog.keys import term_id
from services.catalog.rows import DOCUMENTS, LISTINGS, POSTINGS, TEXTS
from services.finding.rules import Word
from services.finding.wanted import Lists, Wanted

_FEW_LISTS: Final = 4
Column = ColumnElement[Any]
Condition = ColumnElement[bool]


def is_one_of(column: Column, values: Lists) -> Condition:
    return column == next(iter(values)) if len(values) == 1 else column.in_(sorted(values))


def along(found: Select[Any], row: FromClause, index: str) -> Select[Any]:
    """Read along this index: the optimizers may take another when the statistics are old, and sort all there
    is."""
    for dialect in ("mysql", "mariadb"):
        found = found.with_hint(row, f"FORCE INDEX ({index})", dialect)
    return found


def beyond(columns: list[Column], key: tuple[Any, ...], *, upwards: bool) -> list[Condition]:
    """Returns conditions for rows on one side of the key.

    The first condition is one that an index is entered by.
    """
    first, value = columns[0], key[0]
    if len(columns) == 1:
        return [first > value if upwards else first < value]
    last, last_value = columns[1], key[1]
    if upwards:
        return [first >= value, or_(first > value, last > last_value)]
    return [first <= value, or_(first < value, last < last_value)]


def price_between(wanted: Wanted, row: FromClause) -> list[Condition]:
    """Returns conditions for some variant's price: the range of the product's prices meets that which is
    wanted."""
    found = [] if wanted.low is None else [row.c.max_amount >= wanted.low]
    return found if wanted.high is None else [*found, row.c.min_amount <= wanted.high]


def price_of(wanted: Wanted, product_id: Column) -> list[Condition]:
    """Returns conditions as ``price_between``, of a candidate of which only the id is known."""
    if wanted.low is None and wanted.high is None:
        return []
    document = DOCUMENTS.alias()
    return [_some(select(literal(1)).where(document.c.product_id == product_id, *price_between(wanted, document)))]


def in_lists(lists: Lists, product_id: Column) -> Condition:
    other = LISTINGS.alias()
    among = other.c.list_id.in_(sorted(lists))
    if len(lists) > _FEW_LISTS:
        return _some(select(literal(1)).where(other.c.product_id == product_id, among))
    found = select(literal(1)).where(SameInOrder(other.c.product_id, product_id), among)
    return _some(along(found, other, "ix_product_listings_newest"))


def rest_of(wanted: Wanted, product_id: Column, *, but: Lists | None = None) -> list[Condition]:
    """Returns conditions for the lists, without those ``but`` that the candidates come from."""
    return [in_lists(group, product_id) for group in wanted.groups if group != but]


def has_words(words: Iterable[Word], wanted: Wanted, product_id: Column, level: int = BODY) -> list[Condition]:
    """Returns conditions for all of the words, each in a place of this level or a better one.

    Postings are quicker to look at than texts.
    """
    some = list(words)
    found = [has_lead(word, wanted, product_id, level) for word in some]
    if long := [word for word in some if not word.is_plain]:
        document = DOCUMENTS.alias()
        texts = (has_word(word, document, level) for word in long)
        found.append(_some(select(literal(1)).where(document.c.product_id == product_id, *texts)))
    return found


def has_lead(word: Word, wanted: Wanted, product_id: Column, level: int = BODY) -> Condition:
    looks = []
    for status in wanted.statuses:
        posting = POSTINGS.alias()
        noted = select(posting.c.level).where(
            posting.c.term_id == term_id(status, word.leads[0]), posting.c.product_id == product_id
        )
        looks.append(_value(noted) >= level - 1)
    return or_(*looks)


def has_word(word: Word, document: FromClause, level: int = BODY) -> Condition:
    places = [_has(document.c.title, word.start)]
    if level <= LABEL:
        places.append(_has(document.c.labels, word.start))
    if level <= BODY:
        places.append(in_body(word, document.c.product_id))
    return or_(*places)


def in_body(word: Word, product_id: Column) -> Condition:
    text = TEXTS.alias()
    found = select(func.instr(text.c.body, word.in_body)).where(text.c.product_id == product_id)
    has: Condition = _value(found) > 0
    return has


def score_of(word: Word, document: FromClause) -> ColumnElement[int]:
    """Returns what the word counts for the product: the sum of where it has it, 0 when it does not."""
    title = case((_has(document.c.title, word.whole), 40), (_has(document.c.title, word.start), 30), else_=0)
    labels = case((_has(document.c.labels, word.whole), 12), (_has(document.c.labels, word.start), 9), else_=0)
    return title + labels + case((in_body(word, document.c.product_id), 3), else_=0)


def bonus_of(words: tuple[Word, ...], document: FromClause) -> ColumnElement[int]:
    """Returns what is added for a title that begins with the first word, and one that has all of them side by
    side."""
    if not words:
        return literal(0)
    begins: ColumnElement[int] = case((func.instr(document.c.title, words[0].start).in_((1, 2)), 5), else_=0)
    if len(words) == 1:
        return begins
    phrase = f" {' '.join(word.text for word in words)}".encode()
    return begins + case((_has(document.c.title, phrase), 10), else_=0)


def _has(text: Column, part: bytes) -> Condition:
    return func.instr(text, part) > 0


def _some(found: Select[Any]) -> Condition:
    is_there: Condition = _value(found).is_not(None)
    return is_there


def _value(found: Select[Any]) -> Any:
    return found.limit(1).scalar_subquery()


class SameInOrder(FunctionElement[Any]):
    """``left = right``. To SQLite a range: of an equality it would look by the key, whose entries lie apart,
    where those of the list's own index lie together.
    """

    # Of no type: to a Boolean, SQLAlchemy adds = 1 on SQLite.
    inherit_cache = True


@compiles(SameInOrder)
def _equal(element: SameInOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right = (compiler.process(part, **options) for part in element.clauses)
    return f"{left} = {right}"


@compiles(SameInOrder, "sqlite")
def _between(element: SameInOrder, compiler: SQLCompiler, **options: Any) -> str:
    left, right = (compiler.process(part, **options) for part in element.clauses)
    return f"{left} BETWEEN {right} AND {right}"
