"""Import products from a parsed file: all or nothing, and as often as one likes.

Products are matched by handle (their slug), variants by SKU or, without one, by their options. What the
file does not name stays; the quantity counts for new variants only, for stock that has been sold since must not
come back. Neither the file nor the rows are held in memory as a whole.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Image, Product, ProductStatus, Variant
from models.documents import ProductDoc
from services.catalog.check_product import check_product
from services.catalog.fill_products import MOST_REMEMBERED, remember
from services.catalog.find_categories import Categories, find_categories, find_paths
from services.catalog.find_uploads import find_uploads, note_use, own_name, resolved
from services.catalog.new_product import new_product, stock_rows
from services.catalog.shopify import rows as columns
from services.catalog.shopify.cells import status_after
from services.catalog.shopify.check_shopify_csv import ParsedFile
from services.catalog.shopify.match_variants import match_variants
from services.catalog.shopify.parsed_product import ParsedProduct
from services.catalog.shopify.rows import RowProblem
from services.catalog.shopify.update_rows import apply, problems
from services.catalog.stored_product import StoredProduct, lock_products
from services.catalog.write_index import write_index
from services.money.charging import charging_of
from services.shared.errors import InvalidInput

_CHUNK: Final = 200
_TRIES: Final = 3
_SAY_CURRENCY: Final = (columns.PRICE, columns.COMPARE_AT, columns.CURRENCY)
_NO_PRICE: Final = "is missing, and a new variant needs a price (--free: it costs nothing)"
_NO_IMAGE: Final = "is no file of this shop, nor in the folder of images beside the file"

Progress = Callable[[int, int], None]
"""Products done, and of how many; starts again from the front when the transaction does."""


class ImportRefused(Exception):
    """Nothing was imported: ``problems`` say why, by line and column."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


@dataclass(slots=True)
class ImportReport:
    """Products by what became of them, and the variants that are new. ``documents``: the first that are new."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    new_variants: int = 0
    kept_stock: int = 0
    """Variants that the file has a quantity of, and whose stock is left as it is, for they are not new."""
    left_out: dict[int, str] = field(default_factory=dict)
    """Why, by the lines of products that were not imported; empty for rows that are at fault by others only."""
    documents: list[ProductDoc] = field(default_factory=list)


Seal = Callable[[AsyncSession, ImportReport], Awaitable[None]]
"""The last thing in the transaction: whoever says elsewhere that the import is done says it there."""


async def _unsealed(_session: AsyncSession, _report: ImportReport) -> None: ...


async def import_products(
    infra: Infra,
    file: ParsedFile,
    actor: str,
    progress: Progress = lambda done, total: None,
    *,
    free: bool = False,
    skip_bad: bool = False,
    brought: Collection[str] = (),
    seal: Seal = _unsealed,
) -> ImportReport:
    """Import a file in one transaction, then fill the cache. ``free``: new variants may cost nothing when the file
    has no prices. ``skip_bad``: products that are at fault are left out, and the others imported.
    ``brought``: uploaded images that came with the file, and are stored already.

    Errors: ImportRefused, FileChanged, StoreUnavailable.
    """
    if file.problems and not (skip_bad and file.readable):
        raise ImportRefused(file.problems)
    faulty = frozenset(problem.line for problem in file.problems)

    # Somebody may make the same product or SKU meanwhile: the next try finds it.
    async def work(session: AsyncSession) -> ImportReport:
        made = await _Import(infra, file, actor, free, skip_bad, brought, faulty).run(session, progress)
        await seal(session, made)
        return made

    report = await infra.database.transact(work, races=_TRIES)
    await remember(infra, report.documents)
    return report


@dataclass(slots=True)
class _Import:
    infra: Infra
    file: ParsedFile
    actor: str
    free: bool
    skip_bad: bool
    brought: Collection[str]
    faulty: frozenset[int]
    report: ImportReport = field(default_factory=ImportReport)
    problems: list[RowProblem] = field(default_factory=list)
    changed: list[ProductDoc] = field(default_factory=list)

    async def run(self, session: AsyncSession, progress: Progress) -> ImportReport:
        categories = await self._categories(session)
        done = 0
        self._leave_out(self.faulty, self.file.problems)
        for chunk in _chunks(self.file.products):
            await self._chunk(session, [one for one in chunk if self._is_good(one)], categories)
            if not self.problems:
                await session.flush()
                await write_index(session, self.changed)
                session.expunge_all()
            self.changed.clear()
            done += len(chunk)
            progress(done, self.file.total)
        if self.problems:
            raise ImportRefused(self.problems)
        return self.report

    def _is_good(self, parsed: ParsedProduct) -> bool:
        if self.faulty.isdisjoint(parsed.lines):
            return True
        self._leave_out(parsed.lines, ())
        return False

    def _leave_out(self, lines: Iterable[int], problems: Iterable[RowProblem]) -> None:
        why = self.report.left_out
        for line in lines:
            why.setdefault(line, "")
        for problem in problems:
            message = f"{problem.column}: {problem.message}" if problem.column else problem.message
            why[problem.line] = f"{why[problem.line]}; {message}" if why.get(problem.line) else message

    async def _categories(self, session: AsyncSession) -> Categories:
        try:
            by_path = await find_paths(session, self.file.paths)
        except InvalidInput as error:
            column = self.file.headings.get(columns.CATEGORY_PATH, columns.CATEGORY_PATH)
            raise ImportRefused([RowProblem(1, column, p.message) for p in error.problems]) from None
        return Categories(await find_categories(session, self.file.types), by_path)

    async def _chunk(self, session: AsyncSession, chunk: Sequence[ParsedProduct], known: Categories) -> None:
        with session.no_autoflush:
            found = await lock_products(session, Product.slug.in_([p.draft.slug for p in chunk]))
            stored = {entry.product.slug: entry for entry in found}
            owners = await _owners(session, [v.sku for p in chunk for v in p.draft.variants])
            settings = self.infra.settings
            uploads = await find_uploads(
                session, settings, (i for p in chunk for i in p.draft.images), self.brought
            )
            for parsed in chunk:
                draft = replace(
                    parsed.draft,
                    category_id=known.of(parsed.category, parsed.category_path),
                    images=resolved(parsed.draft.images, uploads, settings, self.brought),
                )
                known_as = stored.get(draft.slug or "")
                await self._one(session, replace(parsed, draft=draft), known_as, owners)
                if self.skip_bad and self.problems:
                    _forget(session, known_as)
                    self._leave_out(parsed.lines, self.problems)
                    self.problems.clear()

    async def _one(
        self, session: AsyncSession, parsed: ParsedProduct, known: StoredProduct | None, owners: dict[str, UUID]
    ) -> None:
        taken = {sku for sku, owner in owners.items() if known is None or owner != known.product.id}
        matching = match_variants(parsed, known, taken)
        for line, column, message in matching.problems:
            self._report(line, column, message)
        parsed = self._in_its_currency(matching.product, known)
        if matching.problems or not self._may_import(parsed, known, taken):
            return
        try:
            if known is None:
                await self._create(session, parsed)
            else:
                await self._update(session, known, parsed)
        except InvalidInput as error:
            self._report(parsed.line, "", str(error))

    def _in_its_currency(self, parsed: ParsedProduct, known: StoredProduct | None) -> ParsedProduct:
        """A file without own prices says nothing of the product's currency."""
        if known is None or not self.file.headings.keys().isdisjoint(_SAY_CURRENCY):
            return parsed
        variants = [replace(one, currency=known.product.currency) for one in parsed.draft.variants]
        return replace(parsed, draft=replace(parsed.draft, variants=variants))

    def _may_import(self, parsed: ParsedProduct, known: StoredProduct | None, taken: Collection[str]) -> bool:
        before = len(self.problems)
        there = {variant.sku for variant in known.variants} if known else set()
        for variant, row in zip(parsed.draft.variants, parsed.variant_rows, strict=True):
            if variant.sku in taken:
                self._report(row.line, columns.SKU, f"{variant.sku} is the SKU of another product")
            elif variant.sku not in there and columns.PRICE not in self.file.headings and not self.free:
                self._report(row.line, columns.PRICE, _NO_PRICE)
        currency = parsed.draft.variants[0].currency
        if known is not None and known.product.currency != currency:
            message = f"the product is priced in {known.product.currency}, not in {currency}"
            self._report(parsed.line, columns.PRICE, message)
        for image in parsed.draft.images:
            if image.media is None and own_name(image.url):
                self._report(parsed.line, columns.IMAGE, f"{image.url} {_NO_IMAGE}")
        return len(self.problems) == before

    def _report(self, line: int, column: str, message: str) -> None:
        self.problems.append(RowProblem(line, self.file.headings.get(column, column), message))

    async def _create(self, session: AsyncSession, parsed: ParsedProduct) -> None:
        checked = check_product(parsed.draft, charging_of(self.infra.settings))
        made = new_product(checked, new_id(), checked.slug or "", self.actor, self.infra.now())
        session.add_all(made.rows)
        await note_use(session, made.images, made.product.created_at)
        self.report.created += 1
        self.report.new_variants += len(made.variants)
        document = made.document()
        self.changed.append(document)
        if len(self.report.documents) < MOST_REMEMBERED:
            self.report.documents.append(document)

    async def _update(self, session: AsyncSession, known: StoredProduct, parsed: ParsedProduct) -> None:
        now = self.infra.now()
        status = status_after(parsed.status, parsed.published, ProductStatus(known.product.status))
        draft = replace(parsed.draft, status=status)
        checked = check_product(draft, charging_of(self.infra.settings))
        changes = apply(known, checked, self.file.headings, now, self.file.metafields)
        new = {variant.sku for variant in changes.stocked}
        self.report.kept_stock += sum(v.quantity > 0 for v in draft.variants if v.sku not in new)
        if found := list(problems(known)):
            for column, message in found:
                self._report(parsed.line, column, message)
            return
        if not changes.changed:
            self.report.unchanged += 1
            return
        session.add_all([*changes.new, *stock_rows(changes.stocked, self.actor, now)])
        for row in changes.gone:
            await session.delete(row)
        await note_use(session, (row for row in (*changes.new, *changes.gone) if isinstance(row, Image)), now)
        self.changed.append(known.document())
        self.report.updated += 1
        self.report.new_variants += len(changes.stocked)


def _forget(session: AsyncSession, known: StoredProduct | None) -> None:
    """Take rows out of the session, so that nothing that was changed of them is written."""
    for row in (known.product, *known.variants, *known.images, *known.prices) if known else ():
        if row in session:
            session.expunge(row)


def _chunks(products: Iterable[ParsedProduct]) -> Iterator[Sequence[ParsedProduct]]:
    rest = iter(products)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk


async def _owners(session: AsyncSession, skus: Sequence[str]) -> dict[str, UUID]:
    rows = await session.execute(select(Variant.sku, Variant.product_id).where(Variant.sku.in_(skus)))
    return dict(rows.all())
