"""Give a product another slug; the one that it had leads to it until another product takes that."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Product, SlugRedirect
from services.catalog.product_draft import Keep
from services.shared.errors import SlugTaken


async def change_slug(session: AsyncSession, product: Product, slug: str | Keep | None, now: datetime) -> bool:
    """Give the product or category another slug.

    Returns whether it was another before. Two statements. Errors: SlugTaken; a race ends in an IntegrityError.
    """
    if slug is None or isinstance(slug, Keep) or slug == product.slug:
        return False
    if await session.scalar(select(Product.id).where(Product.slug == slug)) is not None:
        raise SlugTaken(slug)
    await session.merge(SlugRedirect(slug=product.slug, product_id=product.id, created_at=now))
    product.slug = slug
    return True
