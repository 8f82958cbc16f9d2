"""Change many products in one transaction, with as many statements for five hundred as for two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from infra.runtime import Infra
from models import Category, Product, SlugRedirect
from services.catalog.apply_change import apply_change
from services.catalog.check_change import check_change
from services.catalog.patiently import MANY, patiently
from services.catalog.product_draft import ProductChange
from services.catalog.row_outcome import BulkPolicy, RowOutcome, may_write, outcomes, require_size
from services.catalog.rules import slug_problem
from services.catalog.stored_product import StoredProduct, lock_products
from services.catalog.text_field import TEXT_FIELDS
from services.catalog.write_index import write_index
from services.money.charging import Charging, charging_of
from services.shared.errors import InvalidInput, NotFound, ServiceError, SlugTaken, StaleVersion

_PRODUCT_COLUMNS: Final = (
    *(field.name for field in TEXT_FIELDS),
    *("slug", "status", "version", "tags", "option_names", "category_id", "min_price", "max_price", "updated_at"),
)
_VARIANT_COLUMNS: Final = ("title", "options", "price", "compare_at_price", "weight_grams")


@dataclass(frozen=True, slots=True)
class _Known:
    """Who has each of the slugs that are asked for, and which categories can be used."""

    products: Mapping[UUID, StoredProduct]
    slug_owners: Mapping[str, UUID]
    categories: set[UUID]


async def bulk_update_products(
    infra: Infra, changes: Sequence[ProductChange | InvalidInput], policy: BulkPolicy
) -> list[RowOutcome]:
    """Change up to 500 products. Returns an outcome a row, in their order, also of those that could not be read.

    Errors: InvalidInput (too many), StoreUnavailable.
    """
    require_size(len(changes), sum(len(change.variants) for change in _readable(changes)))
    return await patiently(infra, lambda session: _write_changes(session, infra, changes, policy), times=MANY)


async def _write_changes(
    session: AsyncSession, infra: Infra, changes: Sequence[ProductChange | InvalidInput], policy: BulkPolicy
) -> list[RowOutcome]:
    known = await _known(session, _readable(changes))
    errors = _errors(changes, known, charging_of(infra.settings))
    if not may_write(errors, policy):
        return outcomes(errors, [None] * len(changes))
    good = _readable([change for change, error in zip(changes, errors, strict=True) if error is None])
    await _keep_old_slugs(session, infra, good, known)
    for change in good:
        _apply(change, known.products[change.product_id], infra)
    await session.flush()
    documents = [known.products[change.product_id].document() for change in good]
    await write_index(session, documents)
    written = iter(documents)
    return outcomes(errors, [next(written) if error is None else None for error in errors])


def _readable(changes: Sequence[ProductChange | InvalidInput]) -> list[ProductChange]:
    return [change for change in changes if isinstance(change, ProductChange)]


def _apply(change: ProductChange, stored: StoredProduct, infra: Infra) -> None:
    """The same columns in each row, whatever changed: rows that differ in them would be a statement each."""
    product = stored.product
    renamed = isinstance(change.slug, str) and change.slug != product.slug
    if isinstance(change.slug, str):
        product.slug = change.slug
    if not (apply_change(change, stored) or renamed):
        return
    stored.settle(infra.now())
    for name in _PRODUCT_COLUMNS:
        flag_modified(product, name)
    for wanted in change.variants:
        for name in _VARIANT_COLUMNS:
            flag_modified(stored.variant(wanted.variant_id), name)


def _errors(
    changes: Sequence[ProductChange | InvalidInput], known: _Known, charging: Charging
) -> list[ServiceError | None]:
    """Returns the rows' errors: of those that name the same product or want the same slug, the first one gets
    it."""
    errors: list[ServiceError | None] = []
    products: set[UUID] = set()
    owners = dict(known.slug_owners)
    for change in changes:
        error = change if isinstance(change, InvalidInput) else _error(change, known, owners, products, charging)
        errors.append(error)
        if error is None and isinstance(change, ProductChange):
            products.add(change.product_id)
            if isinstance(change.slug, str):
                owners[change.slug] = change.product_id
    return errors


def _error(
    change: ProductChange, known: _Known, owners: Mapping[str, UUID], earlier: set[UUID], charging: Charging
) -> ServiceError | None:
    stored = known.products.get(change.product_id)
    if stored is None:
        return NotFound("There is no such product.")
    if change.product_id in earlier:
        return InvalidInput.at("id", message="stands there twice")
    if stored.product.version != change.version:
        return StaleVersion(stored.product.version)
    if problems := list(check_change(change, stored, charging)):
        return InvalidInput(problems)
    category = change.category_id
    if isinstance(category, UUID) and category not in known.categories | {stored.product.category_id}:
        return InvalidInput.at("categoryId", message="there is no such category, or it is archived")
    if isinstance(change.slug, str) and owners.get(change.slug, change.product_id) != change.product_id:
        return SlugTaken(change.slug)
    return None


async def _known(session: AsyncSession, changes: Sequence[ProductChange]) -> _Known:
    """Six statements."""
    stored = await lock_products(session, Product.id.in_({change.product_id for change in changes}))
    wanted = {change.slug for change in changes if isinstance(change.slug, str)}
    slugs = {slug for slug in wanted if slug_problem(slug) is None}
    owners = await session.execute(select(Product.slug, Product.id).where(Product.slug.in_(slugs)))
    ids = {change.category_id for change in changes if isinstance(change.category_id, UUID)}
    usable = select(Category.id).where(Category.id.in_(ids), Category.archived_at.is_(None))
    return _Known(
        {entry.product.id: entry for entry in stored}, dict(owners.all()), set(await session.scalars(usable))
    )


async def _keep_old_slugs(
    session: AsyncSession, infra: Infra, changes: Sequence[ProductChange], known: _Known
) -> None:
    """One statement, and one for those that are new."""
    moved = {
        known.products[change.product_id].product.slug: change.product_id
        for change in changes
        if isinstance(change.slug, str) and change.slug != known.products[change.product_id].product.slug
    }
    rows = await session.scalars(select(SlugRedirect).where(SlugRedirect.slug.in_(moved)))
    for row in rows:
        row.product_id = moved.pop(row.slug)
    now = infra.now()
    session.add_all(SlugRedirect(slug=slug, product_id=owner, created_at=now) for slug, owner in moved.items())
