"""The rows of a CSV file with Shopify's columns, each with the line it starts on. Pure but for the stream."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TextIO

from services.catalog import rules, text_field
from services.money.amounts import is_currency
from services.shared import texts

MOST_CELL: Final = 16 * 1024 * 1024
_SHOWN: Final = 40
_BROKEN = re.compile(r"[\ud800-\udfff]")

HANDLE: Final = "Handle"
TITLE: Final = text_field.TITLE.column
BODY: Final = text_field.DESCRIPTION.column
VENDOR: Final = text_field.VENDOR.column
CATEGORY_NAMES: Final = "Product Category"
TYPE: Final = "Type"
TAGS: Final = "Tags"
PUBLISHED: Final = "Published"
OPTION_NAMES: Final = ("Option1 Name", "Option2 Name", "Option3 Name")
OPTION_VALUES: Final = ("Option1 Value", "Option2 Value", "Option3 Value")
SKU: Final = "Variant SKU"
GRAMS: Final = "Variant Grams"
QUANTITY: Final = "Variant Inventory Qty"
PRICE: Final = "Variant Price"
COMPARE_AT: Final = "Variant Compare At Price"
IMAGE: Final = "Image Src"
IMAGE_POSITION: Final = "Image Position"
IMAGE_ALT: Final = "Image Alt Text"
SEO_TITLE: Final = text_field.SEO_TITLE.column
SEO_DESCRIPTION: Final = text_field.SEO_DESCRIPTION.column
_TEXTS: Final = tuple(field.column for field in text_field.TEXT_FIELDS)
STATUS: Final = "Status"
REQUIRED: Final = (HANDLE, TITLE)

# What Shopify has no column for.
CURRENCY: Final = "Currency"
CATEGORY_PATH: Final = "Category Path"
VARIANT_TITLE: Final = "Variant Title"
ARCHIVED: Final = "Variant Archived"

# Trimmed nowhere: what is within is the shop's own text.
_KEPT_WHOLE: Final = (*(field.column for field in text_field.TEXT_FIELDS if not field.is_trimmed), IMAGE_ALT)
_PRICE_LIST = re.compile(r"(price|compare[- ]at price) / ([a-z]{3})", re.IGNORECASE | re.ASCII)

_CLEANED: Final[Mapping[str, Callable[[str], str]]] = {
    HANDLE: lambda cell: rules.slug_of(cell).lower(),
    SKU: texts.normal_sku,
}

# Shopify's export renamed its columns; both names are in use.
_NEW_NAMES: Final = {
    "url handle": HANDLE,
    "description": BODY,
    "sku": SKU,
    "price": PRICE,
    "inventory quantity": QUANTITY,
    "product image url": IMAGE,
    "compare-at price": COMPARE_AT,
    "weight value (grams)": GRAMS,
    "published on online store": PUBLISHED,
}
_ORDER: Final = (
    *(HANDLE, TITLE, BODY, VENDOR, CATEGORY_NAMES, TYPE, TAGS, PUBLISHED),
    *(part for pair in zip(OPTION_NAMES, OPTION_VALUES, strict=True) for part in pair),
    *(SKU, GRAMS, QUANTITY, PRICE, COMPARE_AT, IMAGE, IMAGE_POSITION, IMAGE_ALT),
    *(SEO_TITLE, SEO_DESCRIPTION, STATUS, CURRENCY, CATEGORY_PATH, VARIANT_TITLE, ARCHIVED),
)
KNOWN: Final = (*_ORDER, *(column for column in _TEXTS if column not in _ORDER))
_BY_NAME: Final = {name.lower(): name for name in KNOWN} | _NEW_NAMES


@dataclass(frozen=True, slots=True)
class RowProblem:
    """``line`` is the one in the file that the row starts on; ``column`` as the file names it, or empty."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by Shopify's column name, trimmed, handles and SKUs as they are stored; a column that the file has not
    is an empty cell."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


def price_column(currency: str) -> str:
    """Returns the column of a currency's price list, named as Shopify names those of its markets."""
    return f"Price / {currency}"


def compare_at_column(currency: str) -> str:
    return f"Compare At Price / {currency}"


def price_columns(currency: str) -> tuple[str, str]:
    """Returns both columns of a currency's price list."""
    return price_column(currency), compare_at_column(currency)


def shown(value: str) -> str:
    """Returns a cell for a message: short, and printable whatever is in it."""
    text = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
    return repr(text.encode("utf-8", "replace").decode())


class RowReader:
    """The rows that are not blank, one after the other; read once. ``headings`` are the file's own names of the
    columns we know, by Shopify's name. With a problem in the heading there are no rows.

    The stream is opened with ``newline=""`` and ``errors="surrogateescape"``.
    """

    def __init__(self, stream: TextIO) -> None:
        self.headings: dict[str, str] = {}
        self.problems: list[RowProblem] = []
        self._records = _numbered_records(stream, self.problems)
        with _large_cells():
            line, heading = next(self._records, (1, []))
        self._columns = self._known_columns(line, heading)

    @property
    def currencies(self) -> list[str]:
        """Of the price lists that the file has."""
        columns = (column.rpartition(" / ") for column in self.headings)
        return sorted({code for _, slash, code in columns if slash})

    def __iter__(self) -> Iterator[Row]:
        if self.problems:
            return
        while True:
            with _large_cells():
                line, record = next(self._records, (0, None))
            if record is None:
                return
            yield self._row(line, record)

    def _known_columns(self, line: int, heading: list[str]) -> list[str]:
        """Shopify's name of each column, empty for those we have no use for."""
        if any("\0" in name or _BROKEN.search(name) for name in heading):
            self.problems.append(RowProblem(line, "", "is not UTF-8 text: save the file as UTF-8"))
        names = [_column(name.strip()) for name in heading]
        for own, name in zip(heading, names, strict=True):
            if name and name in self.headings:
                self.problems.append(RowProblem(line, own.strip(), "is there twice"))
            elif name:
                self.headings[name] = own.strip()
        if not self.problems:
            missing = [name for name in REQUIRED if name not in self.headings]
            self.problems.extend(RowProblem(line, name, "is a required column and missing") for name in missing)
        return names

    def _row(self, line: int, record: list[str]) -> Row:
        columns = self._columns
        if any(record[len(columns) :]):
            message = f"has {len(record)} cells, but the heading has {len(columns)}"
            self.problems.append(RowProblem(line, "", message))
        cells = {name: _trimmed(name, cell) for name, cell in zip(columns, record, strict=False) if name}
        for name, cell in cells.items():
            if _BROKEN.search(cell):
                self.problems.append(RowProblem(line, self.headings[name], "is not UTF-8 text"))
                cells[name] = _BROKEN.sub("?", cell)
        return Row(line, cells)


def _trimmed(column: str, cell: str) -> str:
    if column in _KEPT_WHOLE:
        return cell
    return _CLEANED.get(column, str.strip)(cell.strip())


def _column(own: str) -> str:
    listed = _PRICE_LIST.fullmatch(own)
    if listed is None:
        return _BY_NAME.get(own.lower(), "")
    currency = listed[2].upper()
    if not is_currency(currency):
        return ""
    return price_column(currency) if listed[1].lower() == "price" else compare_at_column(currency)


@contextmanager
def _large_cells() -> Iterator[None]:
    """The csv module's own limit of 128 KiB would end the reading instead of naming the cell."""
    before = csv.field_size_limit(MOST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _numbered_records(stream: TextIO, problems: list[RowProblem]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_without_mark(stream), strict=True)
    line = 1
    try:
        for record in reader:
            if any(record):
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        # Where the next row would start is anyone's guess, so this is the end of the reading.
        problems.append(RowProblem(line, "", f"cannot be read, nor what follows: {error}"))
    except UnicodeDecodeError:
        problems.append(RowProblem(line, "", "is not UTF-8 text"))


def _without_mark(stream: TextIO) -> Iterator[str]:
    """The lines, without the byte order mark that spreadsheets put first."""
    for number, text in enumerate(stream):
        yield text if number else text.removeprefix("\ufeff")
