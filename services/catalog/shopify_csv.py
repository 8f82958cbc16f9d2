"""Shopify's product CSV: several rows a product, the first with its title and first variant.

https://help.shopify.com/manual/products/import-export/using-csv - a row adds a variant, an image or both
to the product of its Handle. Pure but for the stream; every problem is collected, with line and column.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TextIO

from services.catalog import rules
from services.catalog import shopify_rows as columns
from services.catalog.drafts import ImageDraft, ProductDraft, VariantDraft
from services.catalog.shopify_rows import OPTION_NAMES, OPTION_VALUES, Row, RowProblem, read_rows, shown
from services.catalog.sku_maker import make_sku
from services.money import MoneyError, parse_amount, to_minor

_ONLY_OPTION: Final = ("Title", "Default Title")
_CATEGORY_LENGTH: Final = 200
_OPTION_LENGTH: Final = 255
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_MAKES_A_VARIANT: Final = (columns.SKU, columns.PRICE, columns.QUANTITY, *OPTION_VALUES)


@dataclass(frozen=True, slots=True)
class ParsedProduct:
    """``draft.slug`` is the handle; ``category`` the name in the column Type, or empty."""

    draft: ProductDraft
    category: str
    line: int
    variant_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """``headings``: the file's own name of each of Shopify's columns that it has. Import only without problems."""

    products: tuple[ParsedProduct, ...]
    problems: tuple[RowProblem, ...]
    headings: Mapping[str, str]


def parse_shopify_csv(stream: TextIO, currency: str) -> ParsedFile:
    """Products of a file whose prices are in ``currency``; the file itself names none."""
    read = read_rows(stream)
    parser = _Parser(currency, read.headings, read.problems)
    products = [parser.product(rows) for rows in parser.grouped(read.rows)]
    problems = sorted(parser.problems, key=lambda problem: problem.line)
    return ParsedFile(tuple(products), tuple(problems), read.headings)


@dataclass(slots=True)
class _Parser:
    currency: str
    headings: Mapping[str, str]
    problems: list[RowProblem]
    sku_lines: dict[str, int] = field(default_factory=dict)

    def report(self, row: Row, column: str, message: str | None) -> None:
        if message is not None:
            self.problems.append(RowProblem(row.line, self.headings.get(column, column), message))

    def grouped(self, rows: Sequence[Row]) -> list[list[Row]]:
        """The rows of each product, which need not be next to each other; SKUs are noted on the way."""
        groups: dict[str, list[Row]] = {}
        for row in rows:
            self._note_sku(row)
            if handle := row[columns.HANDLE].lower():
                self.report(row, columns.HANDLE, rules.slug_problem(handle))
                groups.setdefault(handle, []).append(row)
            else:
                self._check_stray(row)
        return list(groups.values())

    def _check_stray(self, row: Row) -> None:
        """A row of no product: its cells are checked all the same, so that one round shows every fault."""
        self.report(row, columns.HANDLE, "must not be empty")
        self._quantity(row)
        if row[columns.PRICE]:
            self._price(row)

    def _note_sku(self, row: Row) -> None:
        sku = row[columns.SKU]
        if not sku:
            return
        self.report(row, columns.SKU, rules.sku_problem(sku))
        earlier = self.sku_lines.setdefault(sku, row.line)
        if earlier != row.line:
            self.report(row, columns.SKU, f"{shown(sku)} is on line {earlier} already")

    def product(self, rows: Sequence[Row]) -> ParsedProduct:
        first = rows[0]
        self._check_texts(first)
        self._check_same_title(rows)
        names = self._option_names(first)
        variant_rows = [row for row in rows if row is first or any(row[name] for name in _MAKES_A_VARIANT)]
        variants = [self._variant(row, first, names) for row in variant_rows]
        self._check_combinations(variant_rows, variants)
        return ParsedProduct(
            draft=ProductDraft(
                title=first[columns.TITLE],
                slug=first[columns.HANDLE].lower(),
                description=first[columns.BODY],
                vendor=first[columns.VENDOR],
                tags=self._tags(first),
                variants=variants,
                images=self._images(rows),
            ),
            category=first[columns.TYPE],
            line=first.line,
            variant_lines=tuple(row.line for row in variant_rows),
        )

    def _check_texts(self, row: Row) -> None:
        self.report(row, columns.TITLE, rules.title_problem(row[columns.TITLE]))
        self.report(row, columns.BODY, rules.description_problem(row[columns.BODY]))
        self.report(row, columns.VENDOR, rules.line_problem(row[columns.VENDOR], rules.TITLE_LENGTH))
        self.report(row, columns.TYPE, rules.line_problem(row[columns.TYPE], _CATEGORY_LENGTH))

    def _check_same_title(self, rows: Sequence[Row]) -> None:
        first, *others = rows
        for row in others:
            if row[columns.TITLE] not in ("", first[columns.TITLE]):
                self.report(row, columns.TITLE, f"differs from line {first.line}, which has the same handle")

    def _tags(self, row: Row) -> list[str]:
        tags = list(dict.fromkeys(tag.strip() for tag in row[columns.TAGS].split(",") if tag.strip()))
        if len(tags) > rules.MOST_TAGS:
            self.report(row, columns.TAGS, f"has {len(tags)} tags, at most {rules.MOST_TAGS} are possible")
        for tag in tags[: rules.MOST_TAGS]:
            self.report(row, columns.TAGS, rules.tag_problem(tag))
        return tags

    def _option_names(self, first: Row) -> list[str]:
        """The names of the three options, empty for those that the product has not."""
        names = [first[column] for column in OPTION_NAMES]
        if (names[0], first[OPTION_VALUES[0]]) == _ONLY_OPTION and not any(names[1:]):
            return ["", "", ""]
        for place, (column, name) in enumerate(zip(OPTION_NAMES, names, strict=True)):
            self.report(first, column, rules.line_problem(name, _OPTION_LENGTH))
            if name and name in names[:place]:
                self.report(first, column, "names the same option twice")
        return names

    def _options(self, row: Row, first: Row, names: Sequence[str]) -> dict[str, str]:
        options: dict[str, str] = {}
        for column, name_column, name in zip(OPTION_VALUES, OPTION_NAMES, names, strict=True):
            value = row[column]
            if name and not value:
                self.report(row, column, f"must not be empty: the product has the option {shown(name)}")
            elif value and not name and value != _ONLY_OPTION[1]:
                self.report(row, column, f"has a value, but {name_column} on line {first.line} is empty")
            elif name:
                self.report(row, column, rules.line_problem(value, _OPTION_LENGTH))
                options[name] = value
        return options

    def _variant(self, row: Row, first: Row, names: Sequence[str]) -> VariantDraft:
        options = self._options(row, first, names)
        sku = row[columns.SKU] or self._made_sku(row, tuple(options.values()))
        return VariantDraft(
            sku=sku,
            price=self._price(row),
            currency=self.currency,
            quantity=self._quantity(row),
            options=options,
        )

    def _made_sku(self, row: Row, values: Sequence[str]) -> str:
        sku = make_sku(row[columns.HANDLE].lower(), values, self.sku_lines)
        self.sku_lines[sku] = row.line
        return sku

    def _price(self, row: Row) -> Decimal:
        """A file without the column gives its products away, as it does at Shopify; an empty cell is a mistake."""
        text = row[columns.PRICE]
        if columns.PRICE not in self.headings:
            return Decimal(0)
        if not text:
            self.report(row, columns.PRICE, "must not be empty: a variant needs a price")
            return Decimal(0)
        try:
            amount = parse_amount(text)
            to_minor(amount, self.currency)
        except MoneyError as error:
            self.report(row, columns.PRICE, f"{shown(text)} {error}")
            return Decimal(0)
        return amount

    def _quantity(self, row: Row) -> int:
        text = row[columns.QUANTITY]
        if not text:
            return 0
        if not _WHOLE_NUMBER.fullmatch(text):
            self.report(row, columns.QUANTITY, f"{shown(text)} must be a whole number")
            return 0
        problem = rules.quantity_problem(int(text))
        self.report(row, columns.QUANTITY, problem and f"{text} {problem}")
        return int(text)

    def _check_combinations(self, rows: Sequence[Row], variants: Sequence[VariantDraft]) -> None:
        if len(variants) > rules.MOST_VARIANTS:
            self.report(rows[0], columns.HANDLE, f"has more than {rules.MOST_VARIANTS} variants")
        lines: dict[tuple[str, ...], int] = {}
        for row, variant in zip(rows, variants, strict=True):
            earlier = lines.setdefault(tuple(variant.options.values()), row.line)
            if earlier != row.line:
                self.report(row, OPTION_VALUES[0], f"has the same options as line {earlier}")

    def _images(self, rows: Sequence[Row]) -> list[ImageDraft]:
        """In the order of their positions, those without one last; an image named twice is one image."""
        found: dict[str, tuple[int, ImageDraft]] = {}
        for row in rows:
            if url := row[columns.IMAGE]:
                self.report(row, columns.IMAGE, rules.url_problem(url))
                found.setdefault(url, (self._image_position(row), ImageDraft(url, self._alt_text(row))))
        if len(found) > rules.MOST_IMAGES:
            self.report(rows[0], columns.IMAGE, f"has more than {rules.MOST_IMAGES} images")
        return [image for _, image in sorted(found.values(), key=lambda pair: pair[0])]

    def _image_position(self, row: Row) -> int:
        text = row[columns.IMAGE_POSITION]
        if not text:
            return 10**12
        if not _WHOLE_NUMBER.fullmatch(text) or int(text) < 1:
            self.report(row, columns.IMAGE_POSITION, f"{shown(text)} must be a whole number from 1")
            return 0
        return int(text)

    def _alt_text(self, row: Row) -> str | None:
        text = " ".join(row[columns.IMAGE_ALT].split())
        self.report(row, columns.IMAGE_ALT, rules.line_problem(text, rules.ALT_TEXT_LENGTH))
        return text or None
