"""Take an image off a product. Its file stays for a while: see collect_garbage.py."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MediaFile
from services.catalog.product_images import lock_images, product_of


async def remove_product_image(infra: Infra, image_id: UUID, version: int | None = None) -> UUID:
    """Take an image off its product.

    Returns the product's id. Errors: NotFound, StaleVersion, StoreUnavailable.
    """
    product_id = await product_of(infra, image_id)

    async def work(session: AsyncSession) -> None:
        stored = await lock_images(session, product_id, version)
        image = stored.pick(image_id)
        stored.images.remove(image)
        await session.delete(image)
        used = update(MediaFile).where(MediaFile.name == image.media_name).values(used_at=infra.now())
        await session.execute(used)
        stored.settle(infra)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return product_id
