"""Import products from a parsed file: all or nothing, and as often as one likes.

Products are matched by handle (their slug) and variants by SKU. What the file does not name stays; the
quantity counts for new variants only, for stock that has been sold since must not come back.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Image, Product, Variant
from models.documents import ProductDoc
from services.catalog import shopify_rows as columns
from services.catalog.cache_products import remember
from services.catalog.check_product import CheckedProduct, check_product
from services.catalog.find_categories import find_categories
from services.catalog.product_rows import new_product, stock_rows
from services.catalog.shopify_csv import ParsedFile, ParsedProduct
from services.catalog.shopify_rows import RowProblem
from services.catalog.update_rows import StoredProduct, apply

_CHUNK: Final = 200
_TRIES: Final = 3

Progress = Callable[[int, int], None]
"""Products done, and of how many; starts again from the front when the transaction does."""


class ImportRefused(Exception):
    """Nothing was imported: ``problems`` say why, by line and column."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = tuple(problems)


@dataclass(slots=True)
class ImportReport:
    """Products by what became of them, and the variants that are new."""

    created: list[ProductDoc] = field(default_factory=list)
    updated: list[UUID] = field(default_factory=list)
    unchanged: int = 0
    new_variants: int = 0


async def import_products(
    infra: Infra, file: ParsedFile, actor: str, progress: Progress = lambda done, total: None
) -> ImportReport:
    """One transaction, then the cache. Errors: ImportRefused, StoreUnavailable."""
    if file.problems:
        raise ImportRefused(file.problems)
    for attempt in range(1, _TRIES + 1):
        try:
            report = await infra.database.transact(
                lambda session: _Import(infra, file, actor).run(session, progress)
            )
            break
        except IntegrityError:
            # Somebody made the same product or SKU meanwhile: the next try finds it.
            if attempt == _TRIES:
                raise
    await remember(infra, report.created)
    return report


@dataclass(slots=True)
class _Import:
    infra: Infra
    file: ParsedFile
    actor: str
    report: ImportReport = field(default_factory=ImportReport)
    problems: list[RowProblem] = field(default_factory=list)

    async def run(self, session: AsyncSession, progress: Progress) -> ImportReport:
        now, total, done = self.infra.now(), len(self.file.products), 0
        categories = await find_categories(session, {p.category for p in self.file.products if p.category})
        for chunk in _chunks(self.file.products):
            stored = await _stored(session, [p.draft.slug or "" for p in chunk])
            owners = await _owners(session, [v.sku for p in chunk for v in p.draft.variants])
            for parsed in chunk:
                draft = replace(parsed.draft, category_id=categories.get(parsed.category))
                await self._one(session, replace(parsed, draft=draft), stored, owners, now)
            if not self.problems:
                await session.flush()
            done += len(chunk)
            progress(done, total)
        if self.problems:
            raise ImportRefused(self.problems)
        return self.report

    async def _one(
        self,
        session: AsyncSession,
        parsed: ParsedProduct,
        stored: dict[str, StoredProduct],
        owners: dict[str, UUID],
        now: datetime,
    ) -> None:
        known = stored.get(parsed.draft.slug or "")
        if not self._may_import(parsed, known, owners):
            return
        checked = check_product(parsed.draft)
        if known is None:
            self._create(session, checked, now)
        else:
            await self._update(session, known, checked, now)

    def _may_import(self, parsed: ParsedProduct, known: StoredProduct | None, owners: dict[str, UUID]) -> bool:
        before = len(self.problems)
        for variant, line in zip(parsed.draft.variants, parsed.variant_lines, strict=True):
            owner = owners.get(variant.sku)
            if owner is not None and (known is None or owner != known.product.id):
                self._report(line, columns.SKU, f"{variant.sku} is the SKU of another product")
        currency = parsed.draft.variants[0].currency
        if known is not None and known.product.currency != currency:
            message = f"the product is priced in {known.product.currency}, not in {currency}"
            self._report(parsed.line, columns.PRICE, message)
        return len(self.problems) == before

    def _report(self, line: int, column: str, message: str) -> None:
        self.problems.append(RowProblem(line, self.file.headings.get(column, column), message))

    def _create(self, session: AsyncSession, checked: CheckedProduct, now: datetime) -> None:
        made = new_product(checked, new_id(), checked.slug or "", self.actor, now)
        session.add_all(made.rows)
        self.report.created.append(made.document())
        self.report.new_variants += len(made.variants)

    async def _update(
        self, session: AsyncSession, known: StoredProduct, checked: CheckedProduct, now: datetime
    ) -> None:
        changes = apply(known, checked, self.file.headings, now)
        session.add_all([*changes.new_variants, *changes.new_images])
        session.add_all(stock_rows(changes.stocked, self.actor, now))
        for image in changes.old_images:
            await session.delete(image)
        if not changes.changed:
            self.report.unchanged += 1
            return
        self.report.updated.append(known.product.id)
        self.report.new_variants += len(changes.new_variants)


def _chunks(products: Sequence[ParsedProduct]) -> Iterator[Sequence[ParsedProduct]]:
    for start in range(0, len(products), _CHUNK):
        yield products[start : start + _CHUNK]


async def _stored(session: AsyncSession, slugs: Sequence[str]) -> dict[str, StoredProduct]:
    """Locked, where the database locks rows: another import changes them after this one."""
    found = select(Product).where(Product.slug.in_(slugs)).order_by(Product.id).with_for_update()
    products = (await session.scalars(found)).all()
    stored = {product.id: StoredProduct(product) for product in products}
    for variant in await session.scalars(select(Variant).where(Variant.product_id.in_(stored))):
        stored[variant.product_id].variants.append(variant)
    for image in await session.scalars(select(Image).where(Image.product_id.in_(stored))):
        stored[image.product_id].images.append(image)
    return {entry.product.slug: entry for entry in stored.values()}


async def _owners(session: AsyncSession, skus: Sequence[str]) -> dict[str, UUID]:
    rows = await session.execute(select(Variant.sku, Variant.product_id).where(Variant.sku.in_(skus)))
    return dict(rows.all())
