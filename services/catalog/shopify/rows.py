"""The rows of a CSV file with Shopify's columns, each with the line it starts on. Pure but for the stream."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, TextIO

from services.catalog import rules, text_field
from services.catalog.shopify.metafields import Metafields, named_column
from services.catalog.shopify.records import Records
from services.catalog.shopify.unused import Unused
from services.money.amounts import is_currency
from services.shared import texts

_SHOWN: Final = 40
_COLUMNS_SHOWN: Final = 4
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

# What Shopify has no column for.
CURRENCY: Final = "Currency"
CATEGORY_PATH: Final = "Category Path"
VARIANT_TITLE: Final = "Variant Title"
ARCHIVED: Final = "Variant Archived"

# Read for what is noted of it alone, and not exported.
TRACKER: Final = "Variant Inventory Tracker"

# Trimmed nowhere: what is within is the shop's own text.
_KEPT_WHOLE: Final = (*(field.column for field in text_field.TEXT_FIELDS if not field.is_trimmed), IMAGE_ALT)
_PRICE_LIST = re.compile(r"(price|compare[- ]at price) / ([a-z]{3})", re.IGNORECASE | re.ASCII)

_CLEANED: Final[Mapping[str, Callable[[str], str]]] = {
    HANDLE: lambda cell: rules.slug_of(cell).lower(),
    SKU: texts.normal_sku,
}

_NUMBERS: Final = (PRICE, COMPARE_AT, GRAMS)
_DECIMAL_COMMA = re.compile(r"([0-9]+),([0-9]+)", re.ASCII)

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
    "inventory tracker": TRACKER,
}
_OTHERS: Final = {
    "a product export of Magento": {"sku", "attribute_set_code", "product_type"},
    "a product export of PrestaShop": {"product id", "active", "reference"},
    "an order export of Shopify": {"name", "financial status", "lineitem name"},
    "a customer export of Shopify": {"first name", "last name", "email"},
}
_ORDER: Final = (
    *(HANDLE, TITLE, BODY, VENDOR, CATEGORY_NAMES, TYPE, TAGS, PUBLISHED),
    *(part for pair in zip(OPTION_NAMES, OPTION_VALUES, strict=True) for part in pair),
    *(SKU, GRAMS, QUANTITY, PRICE, COMPARE_AT, IMAGE, IMAGE_POSITION, IMAGE_ALT),
    *(SEO_TITLE, SEO_DESCRIPTION, STATUS, CURRENCY, CATEGORY_PATH, VARIANT_TITLE, ARCHIVED),
)
KNOWN: Final = (*_ORDER, *(column for column in _TEXTS if column not in _ORDER))
_BY_NAME: Final = {name.lower(): name for name in (*KNOWN, TRACKER)} | _NEW_NAMES


@dataclass(frozen=True, slots=True)
class RowProblem:
    """``line`` is the one in the file that the row starts on; ``column`` as the file names it, or empty."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by Shopify's column name, trimmed, handles and SKUs as they are stored; a column that the file has not
    is an empty cell. ``named``: what the file calls columns where it is not what the heading says."""

    line: int
    cells: Mapping[str, str]
    named: Mapping[str, str] = field(default_factory=dict)

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


def missing_title(heading: Sequence[str]) -> str:
    """Returns what is wrong with a heading without titles: which file it is, or else how it begins."""
    names = {name.strip().lower() for name in heading}
    for kind, columns in _OTHERS.items():
        if columns <= names:
            return f"is missing: this is {kind}, which cannot be read"
    if not any(names):
        return "is missing: the file is empty"
    begin = ", ".join(shown(name.strip()) for name in heading[:_COLUMNS_SHOWN])
    return f"is a required column and missing; the first are {begin}"


def shown(value: str) -> str:
    """Returns a cell for a message: short, and printable whatever is in it."""
    text = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
    return repr(text.encode("utf-8", "replace").decode())


class RowReader:
    """The rows that are not blank, one after the other; read once. ``headings`` are the file's own names of the
    columns we know, by Shopify's name. With a problem in the heading there are no rows, and the file is not
    ``readable``, nor when the reading had to end before it.

    The stream is opened with ``newline=""`` and ``errors="surrogateescape"``.
    """

    def __init__(self, stream: TextIO, known: Metafields = MappingProxyType({})) -> None:
        self.headings: dict[str, str] = {}
        self._metafields = known
        self.problems: list[RowProblem] = []
        self.unused = Unused()
        self._records = Records(stream)
        line, self._own = self._records.next() or (1, [])
        self._columns = self._known_columns(line, self._own)
        self.readable = not self.problems
        self._handle = ""

    @property
    def currencies(self) -> list[str]:
        """Of the price lists that the file has."""
        columns = (column.rpartition(" / ") for column in self.headings)
        return sorted({code for _, slash, code in columns if slash})

    def __iter__(self) -> Iterator[Row]:
        if not self.readable:
            return
        for line, record in self._records:
            yield self._row(line, record)
        if fault := self._records.fault:
            self.readable = False
            self.problems.append(RowProblem(fault.line, "", fault.message))

    def _known_columns(self, line: int, heading: list[str]) -> list[str]:
        """Shopify's name of each column, empty for those we have no use for."""
        if any("\0" in name or _BROKEN.search(name) for name in heading):
            self.problems.append(RowProblem(line, "", "is not UTF-8 text: save the file as UTF-8"))
        names = [_column(name.strip(), self._metafields) for name in heading]
        for own, name in zip(heading, names, strict=True):
            if name and name in self.headings:
                self.problems.append(RowProblem(line, own.strip(), "is there twice"))
            elif name:
                self.headings[name] = own.strip()
        if fault := self._records.fault:
            self.problems.append(RowProblem(fault.line, "", fault.message))
        if not self.problems and TITLE not in self.headings:
            self.problems.append(RowProblem(line, TITLE, missing_title(heading)))
        return names

    def _row(self, line: int, record: list[str]) -> Row:
        columns = self._columns
        if any(record[len(columns) :]):
            message = f"has {len(record)} cells, but the heading has {len(columns)}"
            self.problems.append(RowProblem(line, "", message))
        named = [*zip(columns, self._own, record, strict=False)]
        self.unused.look_at((own.strip(), cell) for name, own, cell in named if not name)
        cells = {name: self._trimmed(name, cell) for name, _, cell in named if name}
        for name, cell in cells.items():
            if _BROKEN.search(cell):
                self.problems.append(RowProblem(line, self.headings[name], "is not UTF-8 text"))
                cells[name] = _BROKEN.sub("?", cell)
        if HANDLE not in self.headings:
            # As at Shopify, the title of a new product makes it; a row without one goes on with the one before.
            self._handle = rules.slugify(cells[TITLE]) if cells.get(TITLE) else self._handle
            cells[HANDLE] = self._handle
        return Row(line, cells)

    def _trimmed(self, column: str, cell: str) -> str:
        if column in _KEPT_WHOLE or column in self._metafields:
            return cell
        text = _CLEANED.get(column, str.strip)(cell.strip())
        # Who writes semicolons between the cells does so because of the commas in numbers.
        is_number = self._records.delimiter == ";" and (column in _NUMBERS or " / " in column)
        return _DECIMAL_COMMA.sub(r"\1.\2", text) if is_number else text


def _column(own: str, known: Metafields) -> str:
    listed = _PRICE_LIST.fullmatch(own)
    if listed is None:
        metafield = named_column(own)
        return metafield if metafield in known else _BY_NAME.get(own.lower(), "")
    currency = listed[2].upper()
    if not is_currency(currency):
        return ""
    return price_column(currency) if listed[1].lower() == "price" else compare_at_column(currency)
