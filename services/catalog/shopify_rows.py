"""The rows of a CSV file with Shopify's columns, each with the line it starts on. Pure but for the stream."""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TextIO

MOST_CELL: Final = 16 * 1024 * 1024
_SHOWN: Final = 40
_BROKEN = re.compile(r"[\ud800-\udfff]")

HANDLE: Final = "Handle"
TITLE: Final = "Title"
BODY: Final = "Body (HTML)"
VENDOR: Final = "Vendor"
TYPE: Final = "Type"
TAGS: Final = "Tags"
SKU: Final = "Variant SKU"
PRICE: Final = "Variant Price"
QUANTITY: Final = "Variant Inventory Qty"
IMAGE: Final = "Image Src"
IMAGE_POSITION: Final = "Image Position"
IMAGE_ALT: Final = "Image Alt Text"
OPTION_NAMES: Final = ("Option1 Name", "Option2 Name", "Option3 Name")
OPTION_VALUES: Final = ("Option1 Value", "Option2 Value", "Option3 Value")
REQUIRED: Final = (HANDLE, TITLE)

# Shopify's export renamed its columns; both names are in use.
_NEW_NAMES: Final = {
    "url handle": HANDLE,
    "description": BODY,
    "sku": SKU,
    "price": PRICE,
    "inventory quantity": QUANTITY,
    "product image url": IMAGE,
}
_KNOWN: Final = (
    *(HANDLE, TITLE, BODY, VENDOR, TYPE, TAGS, SKU, PRICE, QUANTITY, IMAGE, IMAGE_POSITION, IMAGE_ALT),
    *OPTION_NAMES,
    *OPTION_VALUES,
)
_BY_NAME: Final = {name.lower(): name for name in _KNOWN} | _NEW_NAMES


@dataclass(frozen=True, slots=True)
class RowProblem:
    """``line`` is the one in the file that the row starts on; ``column`` as the file names it, or empty."""

    line: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """Cells by Shopify's column name, trimmed; a column that the file has not is an empty cell."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")


@dataclass(slots=True)
class Rows:
    """``headings`` are the file's own names of the columns we know."""

    rows: list[Row]
    headings: dict[str, str]
    problems: list[RowProblem]


def shown(value: str) -> str:
    """A cell for a message: short, and printable whatever is in it."""
    text = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}..."
    return repr(text.encode("utf-8", "replace").decode())


def read_rows(stream: TextIO) -> Rows:
    """All rows that are not blank. The stream is opened with ``newline=""`` and ``errors="surrogateescape"``."""
    result = Rows([], {}, [])
    with _large_cells():
        records = _numbered_records(stream, result.problems)
        line, heading = next(records, (1, []))
        columns = _columns(line, heading, result)
        if not result.problems:
            result.rows.extend(_row(line, record, columns, result) for line, record in records)
    return result


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


def _columns(line: int, heading: list[str], result: Rows) -> list[str]:
    """Shopify's name of each column, empty for those we have no use for."""
    if any("\0" in name or _BROKEN.search(name) for name in heading):
        result.problems.append(RowProblem(line, "", "is not UTF-8 text: save the file as UTF-8"))
    names = [_BY_NAME.get(name.strip().lower(), "") for name in heading]
    for own, name in zip(heading, names, strict=True):
        if name and name in result.headings:
            result.problems.append(RowProblem(line, own.strip(), "is there twice"))
        elif name:
            result.headings[name] = own.strip()
    if not result.problems:
        missing = [name for name in REQUIRED if name not in result.headings]
        result.problems.extend(RowProblem(line, name, "is a required column and missing") for name in missing)
    return names


def _row(line: int, record: list[str], columns: list[str], result: Rows) -> Row:
    if any(record[len(columns) :]):
        message = f"has {len(record)} cells, but the heading has {len(columns)}"
        result.problems.append(RowProblem(line, "", message))
    cells = {name: cell.strip() for name, cell in zip(columns, record, strict=False) if name}
    for name, cell in cells.items():
        if _BROKEN.search(cell):
            result.problems.append(RowProblem(line, result.headings[name], "is not UTF-8 text"))
            cells[name] = _BROKEN.sub("?", cell)
    return Row(line, cells)
