"""What transactions change of that which is cached, seen where it cannot be forgotten: in the session itself.

Each transaction that touches a table named in RULES writes an outbox row with the tags of what it changed; after
the commit ``Database`` hands the same to ``infra.changes``. No verb has to think of it. Statements sent past the
session (``connection.execute``) are not seen: who sends one that changes these tables says so (``note_changed``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BinaryExpression, BindParameter, ColumnElement, Table, event, insert, inspect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BooleanClauseList

from infra.cache.hearing import EVERYTHING
from infra.changes import KEY, TOPIC, change_envelope
from infra.clock import utc_now
from infra.database import COMMITTED, Committed, WriteSession
from models.base import Base
from models.catalog import Category, Image, Product, SlugRedirect, Variant
from models.charges import FirstFill, ShippingZone, TaxRegion
from models.flash_sale import FlashSale, FlashSaleItem
from models.messaging import TO_TELL, OutboxMessage, outbox_row
from models.metadata import MetadataDefinition
from models.stock import StockLevel

LISTINGS: Final = "list:all"
"""Listings of products that may hold any of them."""
MOVED: Final = "list:moved"
"""Listings of a category, when it is not known which."""
STOCKED: Final = "list:stocked"
"""Listings that depend on stock."""
CATEGORIES: Final = "list:categories"
SALES: Final = "list:sales"
CHARGES: Final = "charges:rules"
"""Shipping zones and tax regions, all of them."""


METADATA: Final = "metadata:definitions"
"""Definitions of metadata, all of them."""


def sale_tag(sale_id: UUID) -> str:
    return f"sale:{sale_id.hex}"


def item_tag(item_id: UUID) -> str:
    """Returns the tag of a flash-sale item, its count too."""
    return f"item:{item_id.hex}"


MOST_TAGS: Final = 2_000
"""A transaction that changes more is said to have changed everything."""

_TAGS: Final = "changed tags"


@dataclass(frozen=True, slots=True)
class By:
    """A tag ``prefix:value`` for each value that the column had or has; ``otherwise`` where one is not known."""

    prefix: str
    column: str
    otherwise: str | None = None

    def tag(self, value: object) -> str:
        return f"{self.prefix}:{value.hex if isinstance(value, UUID) else value}"


@dataclass(frozen=True, slots=True)
class Rule:
    by: tuple[By, ...]
    always: tuple[str, ...] = ()


RULES: Final[dict[type[Base], Rule]] = {
    Product: Rule(
        (By("product", "id", EVERYTHING), By("slug", "slug"), By("list", "category_id", MOVED)), (LISTINGS,)
    ),
    Variant: Rule((By("product", "product_id", EVERYTHING), By("variant", "id"), By("sku", "sku")), (LISTINGS,)),
    # Prices need no rule: the product's version counts their changes.
    SlugRedirect: Rule((By("slug", "slug", EVERYTHING),)),
    Image: Rule((By("product", "product_id", EVERYTHING),)),
    Category: Rule((By("category", "id", EVERYTHING),), (CATEGORIES,)),
    StockLevel: Rule((By("stock", "sku", EVERYTHING),), (STOCKED,)),
    FlashSale: Rule((By("sale", "id", EVERYTHING),), (SALES,)),
    ShippingZone: Rule((), (CHARGES,)),
    TaxRegion: Rule((), (CHARGES,)),
    FirstFill: Rule((), (CHARGES,)),
    MetadataDefinition: Rule((), (METADATA,)),
    FlashSaleItem: Rule((By("item", "id", EVERYTHING), By("sale", "sale_id"))),
}
_BY_TABLE: Final = {class_.__table__: rule for class_, rule in RULES.items()}

Known = Mapping[str, Sequence[object]]
"""Values by column."""


@event.listens_for(WriteSession, "after_flush")
def _see_flush(session: Session, _context: object) -> None:
    changed = _tags_of(session)
    if EVERYTHING in changed:
        return
    for row in session.new:
        if (rule := RULES.get(type(row))) is not None:
            changed |= _of_row(row, rule, is_new=True)
    for row in (*session.dirty, *session.deleted):
        rule = RULES.get(type(row))
        if rule is not None and (row in session.deleted or session.is_modified(row)):
            changed |= _of_row(row, rule, is_new=False)
    if len(changed) > MOST_TAGS:
        # An import of a hundred thousand products: a million tags would say no more than this one.
        changed.clear()
        changed.add(EVERYTHING)


def _of_row(row: Base, rule: Rule, *, is_new: bool) -> set[str]:
    attributes = inspect(row).attrs
    tags = set(rule.always)
    for by in rule.by:
        history = attributes[by.column].history
        tags |= {by.tag(value) for value in (*history.added, *history.unchanged, *history.deleted)}
        unknown = not history.unchanged and not history.deleted
        if unknown and not is_new and by.otherwise:
            tags.add(by.otherwise)
    return tags


@event.listens_for(WriteSession, "do_orm_execute")
def _see_statement(state: ORMExecuteState) -> None:
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    table = getattr(state.statement, "table", None)
    rule = _BY_TABLE.get(table) if isinstance(table, Table) else None
    if rule is not None:
        _tags_of(state.session).update(_of_statement(state, rule))


def _of_statement(state: ORMExecuteState, rule: Rule) -> Iterator[str]:
    """A bulk update says which rows by its condition, and what they become by its values."""
    yield from rule.always
    given = _given(state)
    where = _where(getattr(state.statement, "whereclause", None), given)
    for by in rule.by:
        before, after = where.get(by.column, ()), given.get(by.column, ())
        yield from map(by.tag, (*before, *after))
        is_known = after if state.is_insert else before
        # A key in the parameters of a bulk update is its condition.
        is_key = by.column == "id" and after
        if not is_known and not is_key and by.otherwise:
            yield by.otherwise


def _given(state: ORMExecuteState) -> Known:
    """Returns the values that the statement sets, by column; of an expression none is known."""
    found: dict[str, list[object]] = {}
    values = getattr(state.statement, "_values", None) or {}
    for column, value in values.items():
        known = found.setdefault(_name(column), [])
        if isinstance(value, BindParameter):
            known.append(value.effective_value)
    parameters = state.parameters or ()
    for row in [parameters] if isinstance(parameters, Mapping) else parameters:
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return found


def _where(clause: ColumnElement[bool] | None, given: Known) -> Known:
    """Returns values by column, of the conditions that all must hold: ``column = value``, ``column IN values``."""
    found: dict[str, list[object]] = {}
    for part in _conjuncts(clause):
        if not isinstance(part, BinaryExpression) or not isinstance(part.right, BindParameter):
            continue
        value = part.right.effective_value
        if value is None:
            continue
        if part.operator is operators.eq:
            found.setdefault(_name(part.left), []).append(value)
        elif part.operator is operators.in_op:
            found.setdefault(_name(part.left), []).extend(value)
    return found


def _conjuncts(clause: ColumnElement[bool] | None) -> Iterator[ColumnElement[Any]]:
    if isinstance(clause, BooleanClauseList) and clause.operator is operators.and_:
        for part in clause.clauses:
            yield from _conjuncts(part)
    elif clause is not None:
        yield clause


def _name(column: object) -> str:
    return str(getattr(column, "key", column))


def note_changed(session: AsyncSession, table: type[Base], known: Known) -> None:
    """Note rows that a statement past the session changes; ``known`` has all columns that the rule is by."""
    rule = RULES[table]
    tags = _tags_of(session.sync_session)
    tags.update(rule.always)
    for by in rule.by:
        tags.update(map(by.tag, known[by.column]))


def _tags_of(session: Session) -> set[str]:
    tags: set[str] = session.info.setdefault(_TAGS, set())
    return tags


@event.listens_for(WriteSession, "before_commit")
def _write_outbox(session: Session) -> None:
    session.flush()
    rows: list[dict[str, object]] = session.info.pop(TO_TELL, [])
    if tags := set(session.info.pop(_TAGS, ())):
        message = change_envelope((EVERYTHING,) if len(tags) > MOST_TAGS else tags)
        rows.append(outbox_row(TOPIC, KEY, message, utc_now()))
        session.info[COMMITTED] = Committed(message)
    if rows:
        session.connection().execute(insert(OutboxMessage), rows)
