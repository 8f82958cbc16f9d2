"""Shopify's product CSV: several rows a product, the first with its title and first variant.

https://help.shopify.com/manual/products/import-export/using-csv - a row adds a variant, an image or both
to the product of its Handle. Pure but for the stream; every problem is collected, with line and column.

A file is read twice before its products are made: once for what rows far apart have to do with each other, once
for each product's faults. Neither keeps the products, so that a file may be larger than the memory.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from typing import TextIO

from models.metadata_document import DefinitionDoc
from services.catalog.shopify.metafields import Metafields, metafields, named_column
from services.catalog.shopify.parsed_product import CategoryPath, ParsedProduct
from services.catalog.shopify.product import ProductParser
from services.catalog.shopify.records import Records
from services.catalog.shopify.rows import HANDLE, SKU, TITLE, Row, RowProblem, RowReader, shown
from services.catalog.shopify.unused import Note
from services.catalog.shopify.woocommerce import WooReader, is_woocommerce, read_families
from services.money.charging import ANY_AMOUNT, Charging
from services.shared import texts

Opener = Callable[[], AbstractContextManager[TextIO]]
"""Opens the file from its begin, with ``newline=""`` and ``errors="surrogateescape"``."""


Rows = RowReader | WooReader
ReadRows = Callable[[TextIO], Rows]


class FileChanged(Exception):
    """The file is not what it was when it was checked."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """``products`` can be gone through again and again. ``headings``: the file's own name of each of Shopify's
    columns that it has. ``notes``: what it says and will not be so. ``readable``: to its end; then the products
    of whose lines none has a problem can be imported though others have.
    """

    products: Iterable[ParsedProduct]
    total: int
    types: frozenset[str]
    paths: frozenset[CategoryPath]
    problems: tuple[RowProblem, ...]
    headings: Mapping[str, str]
    notes: tuple[Note, ...] = ()
    readable: bool = True
    metafields: Metafields = field(default_factory=dict)


@dataclass(slots=True)
class _Index:
    """``scattered``: how many rows the products have whose rows are not together. ``sku_lines`` are of the SKUs
    that the file names.
    """

    scattered: dict[str, int] = field(default_factory=dict)
    sku_lines: dict[str, int] = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)


def check_shopify_csv(
    opened: Opener, currency: str, charging: Charging = ANY_AMOUNT, defined: Iterable[DefinitionDoc] = ()
) -> ParsedFile:
    """Read the products of a file whose prices are in ``currency``, where it names none, and can be charged as
    ``charging`` says. ``defined``: keys of metadata; columns of others are not used."""
    known = metafields(defined)
    read = _reader_of(opened, known)
    with opened() as stream:
        reader = read(stream)
        index = _index(reader)
    parser = ProductParser(
        *(currency, reader.headings, reader.currencies, index.sku_lines.copy(), charging, reader.unused),
        metafields=known,
    )
    faulty = {problem.line for problem in (*reader.problems, *index.problems)}
    total, seen = 0, 0
    types: set[str] = set()
    paths: set[CategoryPath] = set()
    for product in _products(opened, read, parser, index):
        total += 1
        faulty.update(problem.line for problem in parser.problems[seen:])
        seen = len(parser.problems)
        if not faulty.isdisjoint(product.lines):
            continue
        if product.category_path:
            paths.add(product.category_path)
        elif product.category:
            types.add(product.category)
    problems = sorted([*reader.problems, *index.problems, *parser.problems], key=lambda problem: problem.line)
    again = _Again(opened, read, currency, reader, index, total, known)
    return ParsedFile(
        *(again, total, frozenset(types), frozenset(paths), tuple(problems), reader.headings),
        notes=tuple(reader.unused.notes()),
        readable=reader.readable,
        metafields=known,
    )


@dataclass(frozen=True, slots=True)
class _Again:
    """The products of a file that was checked. Errors: FileChanged."""

    opened: Opener
    read: ReadRows
    currency: str
    reader: Rows
    index: _Index
    total: int
    metafields: Metafields

    def __iter__(self) -> Iterator[ParsedProduct]:
        headings, currencies = self.reader.headings, self.reader.currencies
        skus = self.index.sku_lines.copy()
        parser = ProductParser(self.currency, headings, currencies, skus, metafields=self.metafields)
        count = 0
        for product in _products(self.opened, self.read, parser, self.index):
            count += 1
            yield product
        if count != self.total:
            raise FileChanged("the file has changed since it was checked")


def names_metafields(opened: Opener) -> bool:
    """Returns whether the heading has columns of metadata."""
    with opened() as stream:
        _, heading = Records(stream).next() or (1, [])
    return any(named_column(name.strip()) for name in heading)


def _reader_of(opened: Opener, known: Metafields) -> ReadRows:
    """Returns what reads the file's rows: with Shopify's columns, whoever wrote it."""
    with opened() as stream:
        if not is_woocommerce(stream):
            return partial(RowReader, known=known)
    with opened() as stream:
        families = read_families(stream)
    return lambda stream: WooReader(stream, families)


def _products(opened: Opener, read: ReadRows, parser: ProductParser, index: _Index) -> Iterator[ParsedProduct]:
    with opened() as stream:
        for rows in _groups(read(stream), index):
            if _handle(rows[0]):
                yield parser.product(rows)
            else:
                parser.check_strays(rows)


def _groups(rows: Iterable[Row], index: _Index) -> Iterator[list[Row]]:
    """Yields the rows of each product, as soon as all of them are there; and those of none."""
    together: list[Row] = []
    waiting: dict[str, list[Row]] = {}
    for row in rows:
        handle = _handle(row)
        if together and _handle(together[0]) != handle:
            yield together
            together = []
        if handle in index.scattered:
            found = waiting.setdefault(handle, [])
            found.append(row)
            if len(found) == index.scattered[handle]:
                yield waiting.pop(handle)
        else:
            together.append(row)
    if together:
        yield together


def _handle(row: Row) -> str:
    return row[HANDLE]


def _index(reader: Rows) -> _Index:
    index = _Index()
    counts: dict[str, int] = {}
    last = ""
    scattered: set[str] = set()
    for row in reader:
        _note_sku(row, reader, index)
        handle = _handle(row)
        if handle and handle != last and handle in counts:
            scattered.add(handle)
        last = handle
        if handle:
            counts[handle] = counts.get(handle, 0) + 1
        else:
            index.problems.append(RowProblem(row.line, reader.headings.get(HANDLE, TITLE), "must not be empty"))
    index.scattered = {handle: counts[handle] for handle in scattered}
    return index


def _note_sku(row: Row, reader: Rows, index: _Index) -> None:
    sku = row[SKU]
    if not sku:
        return
    problem = texts.sku_problem(sku)
    earlier = index.sku_lines.setdefault(sku, row.line)
    for message in (problem, f"{shown(sku)} is on line {earlier} already" if earlier != row.line else None):
        if message is not None:
            index.problems.append(RowProblem(row.line, reader.headings[SKU], message))
