"""Create a product with its variants, images and first stock."""

from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Product, Variant
from models.documents import ProductDoc
from services.catalog.check_product import CheckedProduct, check_product
from services.catalog.fill_products import remember
from services.catalog.new_product import free_slug, new_product
from services.catalog.patiently import patiently
from services.catalog.product_draft import ProductDraft
from services.catalog.rows import require_category
from services.catalog.write_index import write_index
from services.money.charging import charging_of
from services.shared.errors import SkuTaken, SlugTaken

_TRIES: Final = 3


async def create_product(infra: Infra, draft: ProductDraft, actor: str) -> ProductDoc:
    """Create it in one transaction and write it through to the cache.

    A slug made from the title gives way to one that is taken; one asked for does not.
    Errors: InvalidInput with every problem, SkuTaken, SlugTaken, StoreUnavailable.
    """
    checked = check_product(draft, charging_of(infra.settings))
    for _ in range(_TRIES):
        product_id = new_id()
        slug = await _free_slug(infra, checked, product_id)
        try:
            document = await _insert(infra, checked, product_id, slug, actor)
        except IntegrityError as error:
            # The unique constraints decide a race; which one it was is asked afterwards, as drivers differ.
            await _raise_taken(infra, checked, slug, error)
            continue
        await remember(infra, [document])
        return document
    raise SlugTaken(slug)


async def _free_slug(infra: Infra, checked: CheckedProduct, product_id: UUID) -> str:
    taken = checked.slug_is_made and checked.slug is not None and await _slug_exists(infra, checked.slug)
    return free_slug(checked, product_id, {checked.slug} if taken and checked.slug else ())


async def _insert(infra: Infra, checked: CheckedProduct, product_id: UUID, slug: str, actor: str) -> ProductDoc:
    now = infra.now()

    async def work(session: AsyncSession) -> ProductDoc:
        await require_category(session, checked.draft.category_id)
        made = new_product(checked, product_id, slug, actor, now)
        session.add_all(made.rows)
        document = made.document()
        await write_index(session, [document])
        return document

    # Cut off in its commit, it may have happened: the retry is then answered with SkuTaken, nothing doubles.
    # A slug or SKU that is taken meanwhile is for the caller to tell apart.
    return await patiently(infra, work, races=1)


async def _raise_taken(infra: Infra, checked: CheckedProduct, slug: str, error: IntegrityError) -> None:
    """Return only when a slug that we made was taken in the meantime: then another may do."""
    skus = [variant.sku for variant in checked.variants]
    async with infra.database.read() as session:
        taken = set(await session.scalars(select(Variant.sku).where(Variant.sku.in_(skus))))
    if taken:
        raise SkuTaken(next(sku for sku in skus if sku in taken)) from error
    if not await _slug_exists(infra, slug):
        raise error
    if not checked.slug_is_made:
        raise SlugTaken(slug) from error


async def _slug_exists(infra: Infra, slug: str) -> bool:
    async with infra.database.read() as session:
        return await session.scalar(select(Product.id).where(Product.slug == slug)) is not None
