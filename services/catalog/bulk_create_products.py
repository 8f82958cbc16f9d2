"""Create many products in one transaction, with as many statements for five hundred as for two."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Category, Product, Variant
from services.catalog.check_product import CheckedProduct, check_product
from services.catalog.fill_products import remember
from services.catalog.new_product import NewProduct, free_slug, new_product
from services.catalog.patiently import MANY, patiently
from services.catalog.product_draft import ProductDraft
from services.catalog.row_outcome import BulkPolicy, RowOutcome, may_write, outcomes, require_size
from services.catalog.write_index import write_index
from services.money.charging import Charging, charging_of
from services.shared.errors import InvalidInput, ServiceError, SkuTaken, SlugTaken


@dataclass(slots=True)
class _Taken:
    """What the database has of the rows' slugs and SKUs, and what earlier rows took. ``categories`` are usable."""

    slugs: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)
    categories: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Row:
    """``checked`` is None when ``error`` says why."""

    product_id: UUID
    checked: CheckedProduct | None
    error: ServiceError | None


async def bulk_create_products(
    infra: Infra, drafts: Sequence[ProductDraft | InvalidInput], policy: BulkPolicy, actor: str
) -> list[RowOutcome]:
    """Create up to 500 products. Returns an outcome a row, in their order, also of those that could not be read.

    Of rows that want the same slug or SKU, the first one gets it.

    Errors: InvalidInput (too many), StoreUnavailable.
    """
    require_size(len(drafts), sum(len(draft.variants) for draft in drafts if isinstance(draft, ProductDraft)))
    charging = charging_of(infra.settings)
    rows = [_checked(draft, charging) for draft in drafts]
    if not may_write((row.error for row in rows), policy):
        return outcomes([row.error for row in rows], [None] * len(rows))
    found = await patiently(
        infra, lambda session: _write_new_products(session, infra, rows, policy, actor), times=MANY
    )
    await remember(infra, [outcome.document for outcome in found if outcome.document is not None])
    return found


def _checked(draft: ProductDraft | InvalidInput, charging: Charging) -> _Row:
    if isinstance(draft, InvalidInput):
        return _Row(new_id(), None, draft)
    try:
        return _Row(new_id(), check_product(draft, charging), None)
    except InvalidInput as error:
        return _Row(new_id(), None, error)


async def _write_new_products(
    session: AsyncSession, infra: Infra, rows: Sequence[_Row], policy: BulkPolicy, actor: str
) -> list[RowOutcome]:
    taken, now = await _taken(session, rows), infra.now()
    decided = [_decide(row, taken) for row in rows]
    errors = [decision if isinstance(decision, ServiceError) else None for decision in decided]
    if not may_write(errors, policy):
        return outcomes(errors, [None] * len(rows))
    made: list[NewProduct | None] = [
        new_product(row.checked, row.product_id, slug, actor, now)
        if row.checked is not None and isinstance(slug, str)
        else None
        for row, slug in zip(rows, decided, strict=True)
    ]
    session.add_all(part for product in made if product for part in product.rows)
    await session.flush()
    documents = [product.document() if product else None for product in made]
    await write_index(session, [document for document in documents if document is not None])
    return outcomes(errors, documents)


def _decide(row: _Row, taken: _Taken) -> str | ServiceError:
    """Returns the slug of a row that can be written, which then takes it and its SKUs; or why it cannot."""
    checked = row.checked
    if checked is None:
        assert row.error is not None
        return row.error
    skus = [variant.sku for variant in checked.variants]
    if clash := next((sku for sku in skus if sku in taken.skus), None):
        return SkuTaken(clash)
    if checked.slug in taken.slugs and not checked.slug_is_made:
        return SlugTaken(checked.slug or "")
    category = checked.draft.category_id
    if category is not None and category not in taken.categories:
        return InvalidInput.at("categoryId", message="there is no such category, or it is archived")
    slug = free_slug(checked, row.product_id, taken.slugs)
    taken.slugs.add(slug)
    taken.skus.update(skus)
    return slug


async def _taken(session: AsyncSession, rows: Sequence[_Row]) -> _Taken:
    """Three statements."""
    good = [row.checked for row in rows if row.checked is not None]
    slugs = {checked.slug for checked in good}
    skus = {variant.sku for checked in good for variant in checked.variants}
    ids = {checked.draft.category_id for checked in good}
    usable = select(Category.id).where(Category.id.in_(ids - {None}), Category.archived_at.is_(None))
    return _Taken(
        slugs=set(await session.scalars(select(Product.slug).where(Product.slug.in_(slugs - {None})))),
        skus=set(await session.scalars(select(Variant.sku).where(Variant.sku.in_(skus)))),
        categories=set(await session.scalars(usable)),
    )
