"""One product out of its rows of Shopify's CSV. Pure; every problem is collected, with line and column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, TypeVar

from models.enums import MetadataOwner, ProductStatus
from services.catalog import rules
from services.catalog.find_uploads import own_name
from services.catalog.product_draft import ImageDraft, PriceDraft, ProductDraft, VariantDraft
from services.catalog.shopify import cells
from services.catalog.shopify import rows as columns
from services.catalog.shopify.make_sku import make_sku
from services.catalog.shopify.metafields import Metafields, read_cell
from services.catalog.shopify.parsed_product import CategoryPath, ParsedProduct, VariantRow
from services.catalog.shopify.rows import OPTION_NAMES, OPTION_VALUES, Row, RowProblem, shown
from services.catalog.shopify.unused import Unused
from services.catalog.text_field import TEXT_FIELDS
from services.money.amounts import is_currency
from services.money.charging import ANY_AMOUNT, Charging
from services.shared import texts

T = TypeVar("T")
NO_OPTION: Final = ("Title", "Default Title")
"""What Shopify writes for a product without options."""
_TRACKED: Final = "shopify"
_OPTION_LENGTH: Final = rules.OPTION_LENGTH
_MAKES_A_VARIANT: Final = (columns.SKU, columns.PRICE, columns.QUANTITY, *OPTION_VALUES)
_OF_THE_FIRST_ROW: Final = (
    *(field.column for field in TEXT_FIELDS if field.column != columns.TITLE),
    *(columns.TYPE, columns.CATEGORY_PATH, columns.CATEGORY_NAMES),
    *(columns.TAGS, columns.PUBLISHED, columns.STATUS),
)
_OF_A_VARIANT: Final = (
    *(*_MAKES_A_VARIANT, columns.COMPARE_AT, columns.GRAMS, columns.VARIANT_TITLE, columns.ARCHIVED),
)


@dataclass(slots=True)
class ProductParser:
    """``currency`` is the file's where it names none, ``price_lists`` the currencies of its columns.

    ``sku_lines`` has all SKUs that the file names, and those that are made on the way.
    """

    currency: str
    headings: Mapping[str, str]
    price_lists: Sequence[str]
    sku_lines: dict[str, int]
    charging: Charging = ANY_AMOUNT
    unused: Unused = field(default_factory=Unused)
    metafields: Metafields = field(default_factory=dict)
    problems: list[RowProblem] = field(default_factory=list)

    def note(self, column: str, message: str) -> None:
        self.unused.note(self.headings.get(column, column), message)

    def report(self, row: Row, column: str, message: str | None) -> None:
        if message is not None:
            own = row.named.get(column) or self.headings.get(column, column)
            self.problems.append(RowProblem(row.line, own, message))

    def _read(self, row: Row, column: str, read: tuple[T, str | None]) -> T:
        value, problem = read
        self.report(row, column, problem)
        return value

    def product(self, rows: Sequence[Row]) -> ParsedProduct:
        first = rows[0]
        self._check_texts(first)
        self._check_others(rows)
        names, currency = self._option_names(first), self._currency(first)
        # A first row that is about its product alone is no variant beside others.
        variant_rows = [row for row in rows if any(row[name] for name in _MAKES_A_VARIANT)] or [first]
        variants = [self._variant(row, first, names, currency) for row in variant_rows]
        self._check_combinations(variant_rows, variants)
        published = self._read(first, columns.PUBLISHED, cells.yes_no(first[columns.PUBLISHED]))
        if first[columns.STATUS].lower() == cells.UNLISTED:
            self.note(columns.STATUS, "unlisted is a draft here")
        said = self._read(first, columns.STATUS, cells.status(first[columns.STATUS]))
        own: dict[str, Any] = {text.name: text.clean(first[text.column]) for text in TEXT_FIELDS}
        draft = ProductDraft(
            **own,
            slug=first[columns.HANDLE],
            tags=self._tags(first),
            variants=variants,
            images=self._images(rows),
            status=cells.status_after(said, published, ProductStatus.PUBLISHED),
            meta=self._meta(first, MetadataOwner.PRODUCT),
        )
        return ParsedProduct(
            draft=draft,
            category=first[columns.TYPE],
            category_path=self._category_path(first),
            line=first.line,
            variant_rows=tuple(self._variant_row(row) for row in variant_rows),
            lines=tuple(row.line for row in rows),
            status=said,
            published=published,
        )

    def _variant_row(self, row: Row) -> VariantRow:
        listed = (name for code in self.price_lists for name in columns.price_columns(code))
        of_variants = (name for name, one in self.metafields.items() if one.owner is MetadataOwner.VARIANT)
        says = any(row[name] for name in (*_OF_A_VARIANT, *listed, *of_variants))
        return VariantRow(row.line, bool(row[columns.SKU]), says)

    def check_strays(self, rows: Sequence[Row]) -> None:
        """Check rows of no product: their cells are looked at all the same, so that one round shows every
        fault."""
        for row in rows:
            self._read(row, columns.QUANTITY, cells.quantity(row[columns.QUANTITY]))
            self._read(row, columns.PRICE, cells.amount(row[columns.PRICE], self.currency))

    def _check_texts(self, row: Row) -> None:
        self.report(row, columns.HANDLE, rules.slug_problem(row[columns.HANDLE]))
        for text in TEXT_FIELDS:
            self.report(row, text.column, text.problem(row[text.column]))
        self.report(row, columns.TYPE, texts.line_problem(row[columns.TYPE], rules.CATEGORY_NAME_LENGTH))

    def _check_others(self, rows: Sequence[Row]) -> None:
        """A product is what its first row says: others may say the same, or nothing."""
        first, *others = rows
        for row in others:
            self.report(row, columns.HANDLE, rules.slug_problem(row[columns.HANDLE]))
            for column in (columns.TITLE, columns.CURRENCY):
                if row[column] and _said(row, column) != _said(first, column):
                    self.report(row, column, f"differs from line {first.line}, which has the same handle")
            for column in _OF_THE_FIRST_ROW:
                if row[column] not in ("", first[column]):
                    self.note(column, "not used but from the first row of a product")

    def _currency(self, row: Row) -> str:
        text = row[columns.CURRENCY].upper()
        if text and not is_currency(text):
            self.report(row, columns.CURRENCY, f"{shown(text)} is not an ISO 4217 currency code")
        return text if is_currency(text) else self.currency

    def _category_path(self, row: Row) -> CategoryPath:
        path, names = row[columns.CATEGORY_PATH], row[columns.CATEGORY_NAMES]
        if names and not path and not row[columns.TYPE]:
            return self._read(row, columns.CATEGORY_NAMES, cells.path_of_names(names))
        if names and not path:
            self.note(columns.CATEGORY_NAMES, "the category is that of the column Type")
        read = cells.category_path(path, names, row[columns.TYPE])
        return self._read(row, columns.CATEGORY_PATH, read)

    def _tags(self, first: Row) -> list[str]:
        tags = cells.tags(first[columns.TAGS])
        if len(tags) > rules.MOST_TAGS:
            self.report(first, columns.TAGS, f"has {len(tags)} tags, at most {rules.MOST_TAGS} are possible")
        for tag in tags[: rules.MOST_TAGS]:
            self.report(first, columns.TAGS, rules.tag_problem(tag))
        return tags

    def _option_names(self, row: Row) -> list[str]:
        """The names of the three options, empty for those that the product has not."""
        names = [row[column] for column in OPTION_NAMES]
        if (names[0], row[OPTION_VALUES[0]]) == NO_OPTION and not any(names[1:]):
            return ["", "", ""]
        for place, (column, name) in enumerate(zip(OPTION_NAMES, names, strict=True)):
            self.report(row, column, texts.line_problem(name, _OPTION_LENGTH))
            if name and name in names[:place]:
                self.report(row, column, "names the same option twice")
        return names

    def _options(self, row: Row, first: Row, names: Sequence[str]) -> dict[str, str]:
        options: dict[str, str] = {}
        for column, name_column, name in zip(OPTION_VALUES, OPTION_NAMES, names, strict=True):
            value = row[column]
            if name and not value:
                self.report(row, column, f"must not be empty: the product has the option {shown(name)}")
            elif value and not name and value != NO_OPTION[1]:
                self.report(row, column, f"has a value, but {name_column} on line {first.line} is empty")
            elif name:
                self.report(row, column, texts.line_problem(value, _OPTION_LENGTH))
                options[name] = value
        return options

    def _variant(self, row: Row, first: Row, names: Sequence[str], currency: str) -> VariantDraft:
        if row is not first and any(row[column] for column in OPTION_NAMES):
            names, first = self._option_names(row), row  # an archived variant may have options of its own
        options = self._options(row, first, names)
        self._note_stock(row)
        title = row[columns.VARIANT_TITLE]
        self.report(row, columns.VARIANT_TITLE, texts.line_problem(title, rules.TITLE_LENGTH))
        before = self._read(row, columns.COMPARE_AT, cells.amount(row[columns.COMPARE_AT], currency))
        archived = self._read(row, columns.ARCHIVED, cells.yes_no(row[columns.ARCHIVED]))
        return VariantDraft(
            sku=row[columns.SKU] or self._made_sku(row, tuple(options.values())),
            price=self._price(row, currency),
            currency=currency,
            quantity=self._read(row, columns.QUANTITY, cells.quantity(row[columns.QUANTITY])),
            title=title or None,
            options=options,
            compare_at_price=before,
            weight_grams=self._read(row, columns.GRAMS, cells.grams(row[columns.GRAMS])),
            prices=self._prices(row, currency),
            archived=bool(archived),
            meta=self._meta(row, MetadataOwner.VARIANT),
        )

    def _meta(self, row: Row, owner: MetadataOwner) -> dict[str, str]:
        """Returns the values of the columns that the file has, without those that are empty."""
        found: dict[str, str] = {}
        for column, definition in self.metafields.items():
            if definition.owner is owner and (
                value := self._read(row, column, read_cell(definition, row[column]))
            ):
                found[definition.id.hex] = value
        return {id_: value for id_, value in found.items() if value}

    def _note_stock(self, row: Row) -> None:
        if row[columns.QUANTITY].startswith("-"):
            self.note(columns.QUANTITY, "below 0 is 0 here")
        if columns.TRACKER in self.headings and row[columns.TRACKER].lower() != _TRACKED:
            self.note(columns.TRACKER, "not counted there, and here sold as far as there is")

    def _made_sku(self, row: Row, values: Sequence[str]) -> str:
        sku = make_sku(row[columns.HANDLE], values, self.sku_lines)
        self.sku_lines[sku] = row.line
        return sku

    def _price(self, row: Row, currency: str) -> Decimal:
        """Without the column, variants that are there keep their prices; an empty cell is a mistake."""
        text = row[columns.PRICE]
        if columns.PRICE in self.headings and not text:
            self.report(row, columns.PRICE, "must not be empty: a variant needs a price")
        return self._amount(row, columns.PRICE, currency) or Decimal(0)

    def _amount(self, row: Row, column: str, currency: str) -> Decimal | None:
        """Read a price that is charged."""
        amount = self._read(row, column, cells.amount(row[column], currency))
        if amount is not None:
            self.report(row, column, self.charging.problem(amount, currency))
        return amount

    def _prices(self, row: Row, own: str) -> list[PriceDraft]:
        found: list[PriceDraft] = []
        for currency in self.price_lists:
            column, before = columns.price_columns(currency)
            amount = self._amount(row, column, currency)
            compare_at = self._read(row, before, cells.amount(row[before], currency))
            if currency == own and row[column]:
                self.report(row, column, "is the product's own currency: that is the column Variant Price")
            elif amount is not None:
                found.append(PriceDraft(currency, amount, compare_at))
            elif compare_at is not None:
                self.report(row, before, f"has no price beside it in {column}")
        return found

    def _check_combinations(self, rows: Sequence[Row], variants: Sequence[VariantDraft]) -> None:
        if len(variants) > rules.MOST_VARIANTS:
            self.report(rows[0], columns.HANDLE, f"has more than {rules.MOST_VARIANTS} variants")
        if all(variant.archived for variant in variants):
            self.report(rows[0], columns.ARCHIVED, "must be false for one variant of the product at least")
        live = [(row, variant) for row, variant in zip(rows, variants, strict=True) if not variant.archived]
        lines: dict[object, int] = {}
        for row, variant in live:
            # A file with titles of variants has been exported from here, where options are not needed.
            known = variant.sku if columns.VARIANT_TITLE in self.headings else ""
            earlier = lines.setdefault(rules.option_key(variant.options) or known, row.line)
            if earlier != row.line:
                self.report(row, OPTION_VALUES[0], f"has the same options as line {earlier}")
            if set(variant.options) != set(live[0][1].options):
                self.report(row, OPTION_NAMES[0], f"has other options than line {live[0][0].line}")

    def _images(self, rows: Sequence[Row]) -> list[ImageDraft]:
        """In the order of their positions, those without one last; named twice at one position it is one image."""
        found: dict[tuple[str, int], ImageDraft] = {}
        urls: set[str] = set()
        for row in rows:
            url = row[columns.IMAGE]
            if row[columns.IMAGE_ALT] and not url:
                self.note(columns.IMAGE_ALT, "not used without an image in the same row")
            if url and (row[columns.IMAGE_POSITION] or url not in urls):
                urls.add(url)
                self.report(row, columns.IMAGE, None if own_name(url) else rules.url_problem(url))
                place = self._read(row, columns.IMAGE_POSITION, cells.place(row[columns.IMAGE_POSITION]))
                found.setdefault((url, place), ImageDraft(url, self._alt_text(row)))
        if len(found) > rules.MOST_IMAGES:
            self.report(rows[0], columns.IMAGE, f"has more than {rules.MOST_IMAGES} images")
        return [image for (_, _), image in sorted(found.items(), key=lambda entry: entry[0][1])]

    def _alt_text(self, row: Row) -> str | None:
        text = row[columns.IMAGE_ALT]
        if "\n" in text or "\r" in text:
            text = " ".join(text.split())
        self.report(row, columns.IMAGE_ALT, texts.line_problem(text, rules.ALT_TEXT_LENGTH))
        return text or None


def _said(row: Row, column: str) -> str:
    return row[column].upper() if column == columns.CURRENCY else row[column]
