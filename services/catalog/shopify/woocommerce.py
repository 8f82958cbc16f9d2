"""WooCommerce's product CSV, as rows with Shopify's columns: a row a product or variation, told apart by ``Type``.

https://woocommerce.com/document/product-csv-importer-exporter/ - the shop's currency is not in the file. Pure but
for the stream.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final, TextIO

from services.catalog import rules
from services.catalog.shopify import cells as cell_rules
from services.catalog.shopify import rows as columns
from services.catalog.shopify.records import Records
from services.catalog.shopify.rows import Row, RowProblem, shown
from services.catalog.shopify.unused import Unused
from services.shared.texts import normal_sku

Record = Mapping[str, str]
"""Cells by the heading in small letters, trimmed."""

_MARKS: Final = frozenset({"type", "name", "sku", "published"})
_FROM: Final = {
    columns.HANDLE: "name",
    columns.TITLE: "name",
    columns.BODY: "description",
    columns.CATEGORY_NAMES: "categories",
    columns.TAGS: "tags",
    columns.PUBLISHED: "published",
    columns.ARCHIVED: "published",
    columns.SKU: "sku",
    columns.QUANTITY: "stock",
    columns.PRICE: "regular price",
    columns.COMPARE_AT: "sale price",
    columns.IMAGE: "images",
    **{column: f"attribute {n} name" for n, column in enumerate(columns.OPTION_NAMES, 1)},
    **{column: f"attribute {n} value(s)" for n, column in enumerate(columns.OPTION_VALUES, 1)},
}
_GRAMS: Final = {"g": "1", "kg": "1000", "lbs": "453.59237", "oz": "28.349523125"}
_WEIGHT = re.compile(r"weight \((g|kg|lbs|oz)\)")
_ATTRIBUTE = re.compile(r"attribute (\d+) name")
_OWN = re.compile(
    r"id|type|parent|position|in stock\?|short description|attribute \d+ .*|weight \(.*|problem|allow cust.*"
)
_SAY_NOTHING: Final = ("", "0", "visible", "taxable")
_ESCAPED: Final = ("'=", "'+", "'-", "'@")
"""Before what a spreadsheet would take for a formula."""
_DECIMAL_COMMA = re.compile(r"([0-9]*),([0-9]+)", re.ASCII)
_COMMA = re.compile(r"(?<!\\),\s*")
_SHARED: Final = "parent"
_SWITCHED_OFF: Final = "0"
"""Of a variation; one of a draft is a draft, and says nothing of itself."""


@dataclass(slots=True)
class Families:
    """What rows far apart have to do with each other. ``handles`` by what ``Parent`` may say: a SKU or ``id:1``;
    ``options`` and ``weights`` by handle, the latter of every product."""

    handles: dict[str, str] = field(default_factory=dict)
    by_line: dict[int, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    weights: dict[str, str] = field(default_factory=dict)


def is_woocommerce(stream: TextIO) -> bool:
    """Tell by the heading, which is read."""
    _, heading = Records(stream).next() or (1, [])
    return {name.strip().lower() for name in heading} >= _MARKS


def read_families(stream: TextIO) -> Families:
    """Read a file once for the handles of its products, and the options that their variations have."""
    records = Records(stream)
    _, heading = records.next() or (1, [])
    names, found = [name.strip().lower() for name in heading], Families()
    variations: list[Record] = []
    for line, cells in records:
        record = _record(names, cells)
        if "variation" in _kinds(record):
            variations.append({name: text for name, text in record.items() if _is_of_family(name)})
        else:
            _add(found, line, record)
    for record in variations:
        handle = found.handles.get(record.get("parent", ""))
        wanted = found.options.setdefault(handle or "", [])
        wanted.extend(name for name, text in _attributes(record).items() if text and name not in wanted)
    return found


def _is_of_family(name: str) -> bool:
    return name == "parent" or name.startswith("attribute ")


def _add(found: Families, line: int, record: Record) -> None:
    key = record.get("id", "") or record.get("sku", "") or str(line)
    handle = rules.slugify(record.get("name", "")) or rules.slugify(f"product {key}")
    if handle in found.weights:
        handle = rules.slugify(f"{handle[: rules.SLUG_LENGTH - 80]} {record.get('sku', '') or key}")
    if handle in found.weights:
        handle = f"{handle}-{line}"
    found.by_line[line] = handle
    found.weights[handle] = _weight(record)
    for name in (record.get("sku", ""), f"id:{record.get('id', '')}"):
        if name not in ("", "id:"):
            found.handles.setdefault(name, handle)


def _record(names: list[str], cells: list[str]) -> Record:
    return {name: _plain(cell.strip()) for name, cell in zip(names, cells, strict=False)}


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith(_ESCAPED) else cell


def _kinds(record: Record) -> set[str]:
    """Returns the words of the column Type: ``simple, virtual``."""
    return {kind.strip().lower() for kind in record.get("type", "").split(",")}


def _attributes(record: Record) -> dict[str, str]:
    numbers = [found[1] for name in record if (found := _ATTRIBUTE.fullmatch(name)) and record[name]]
    return {record[f"attribute {n} name"]: record.get(f"attribute {n} value(s)", "") for n in numbers}


def _weight(record: Record) -> str:
    """Returns grams, or the cell as it is when it is no number."""
    for name, text in record.items():
        if text and (unit := _WEIGHT.fullmatch(name)):
            try:
                return f"{Decimal(_number(text)) * Decimal(_GRAMS[unit[1]]):f}"
            except InvalidOperation:
                return text
    return ""


class WooReader:
    """Rows as ``RowReader`` has them."""

    def __init__(self, stream: TextIO, families: Families) -> None:
        self.problems: list[RowProblem] = []
        self.unused = Unused()
        self.readable = True
        self.currencies: list[str] = []
        self._families = families
        self._records = Records(stream)
        _, heading = self._records.next() or (1, [])
        self._own = [name.strip() for name in heading]
        self._names = [name.lower() for name in self._own]
        own = dict(zip(self._names, self._own, strict=True))
        self.headings = {column: own[name] for column, name in _FROM.items() if name in own}
        regular, sale = (self.headings.get(column, "") for column in (columns.PRICE, columns.COMPARE_AT))
        self._sale_names = {columns.PRICE: sale, columns.COMPARE_AT: regular}
        if weight := next((own[name] for name in self._names if _WEIGHT.fullmatch(name)), ""):
            self.headings[columns.GRAMS] = weight

    def __iter__(self) -> Iterator[Row]:
        for line, cells in self._records:
            record = _record(self._names, cells)
            self._note(record)
            yield from self._rows(line, record)
        if fault := self._records.fault:
            self.readable = False
            self.problems.append(RowProblem(fault.line, "", fault.message))

    def _rows(self, line: int, record: Record) -> Iterator[Row]:
        kinds, handle = _kinds(record), self._families.by_line.get(line, "")
        if "variation" in kinds:
            handle = self._families.handles.get(record.get("parent", ""), "")
            if not handle:
                self._report(line, "Parent", f"there is no product {shown(record.get('parent', ''))} in the file")
                return
            found = self._variant(handle, record) | self._options(handle, record)
        elif "simple" in kinds:
            found = self._product(record) | self._variant(handle, record)
        elif "variable" in kinds:
            found = self._product(record)
            options = self._families.options.get(handle, [])
            found |= dict(zip(columns.OPTION_NAMES, options, strict=False))
            if len(options) > rules.MOST_OPTIONS:
                self._report(
                    line, "Type", f"has {len(options)} options, at most {rules.MOST_OPTIONS} are possible"
                )
        else:
            self._report(
                line, "Type", f"{shown(record.get('type', ''))} is none of simple, variable and variation"
            )
            return
        images = [url for url in _COMMA.split(record.get("images", "")) if url]
        cells = {columns.HANDLE: handle, **found, columns.IMAGE: images[0] if images else ""}
        yield Row(line, cells, self._sale_names if record.get("sale price") else {})
        yield from (Row(line, {columns.HANDLE: handle, columns.IMAGE: url}) for url in images[1:])

    def _report(self, line: int, column: str, message: str) -> None:
        self.problems.append(RowProblem(line, column, message))

    def _product(self, record: Record) -> dict[str, str]:
        categories = _COMMA.split(record.get("categories", ""))
        if len(categories) > 1:
            self.unused.note(self.headings[columns.CATEGORY_NAMES], "a product has one category here: the first")
        tags = [tag.replace("\\,", ",") for tag in _COMMA.split(record.get("tags", "")) if tag]
        text, short = record.get("description", ""), record.get("short description", "")
        if text and short:
            self.unused.note("Short description", "beside a description, not used")
        return {
            columns.TITLE: record.get("name", ""),
            columns.BODY: _unescaped(text or short),
            columns.CATEGORY_NAMES: categories[0].replace("\\,", ","),
            columns.TAGS: cell_rules.write_tags(tags),
            columns.PUBLISHED: _published(record),
        }

    def _variant(self, handle: str, record: Record) -> dict[str, str]:
        regular, sale = (_number(record.get(name, "")) for name in ("regular price", "sale price"))
        stock = record.get("stock", "")
        if stock.lower() == _SHARED or (not stock and record.get("in stock?") == "1"):
            self.unused.note(self.headings.get(columns.QUANTITY, "Stock"), "not counted by itself there, 0 here")
            stock = ""
        is_variation = "variation" in _kinds(record)
        return {
            columns.SKU: normal_sku(record.get("sku", "")),
            columns.PRICE: sale or regular,
            columns.COMPARE_AT: regular if sale else "",
            columns.QUANTITY: stock,
            columns.GRAMS: _weight(record) or self._families.weights.get(handle, ""),
            columns.ARCHIVED: "true" if is_variation and record.get("published") == _SWITCHED_OFF else "false",
        }

    def _options(self, handle: str, record: Record) -> dict[str, str]:
        values = _attributes(record)
        wanted = self._families.options.get(handle, [])
        return {column: values.get(name, "") for column, name in zip(columns.OPTION_VALUES, wanted, strict=False)}

    def _note(self, record: Record) -> None:
        known = {*_FROM.values()}
        for name, own in zip(self._names, self._own, strict=True):
            if record.get(name, "") not in _SAY_NOTHING and name not in known and not _OWN.fullmatch(name):
                self.unused.note(own, "not used")


def _published(record: Record) -> str:
    """Reads 1, and 0 (private), -1 (a draft) or 2 (to be looked at)."""
    text = record.get("published", "")
    return {"1": "true", "0": "false", "-1": "false", "2": "false"}.get(text, text)


def _number(text: str) -> str:
    """Returns an amount with a point: the shop's own decimal separator is in the file, and none for thousands."""
    pointed = _DECIMAL_COMMA.sub(r"\1.\2", text) if _DECIMAL_COMMA.fullmatch(text) else text
    return f"0{pointed}" if pointed.startswith(".") else pointed


def _unescaped(text: str) -> str:
    """Line breaks are written as a backslash and an n, and that as two backslashes and an n."""
    return "\\n".join(part.replace("\\n", "\n") for part in text.split("\\\\n"))
