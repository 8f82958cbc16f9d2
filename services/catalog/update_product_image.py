"""Change what an image says, and its place among the others."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.catalog.product_images import ProductImages, checked_alt_text, lock_images, product_of
from services.shared.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ImageChange:
    """``alt_text`` None leaves it, empty removes it; ``position`` counts from 0, None leaves it."""

    image_id: UUID
    alt_text: str | None = None
    position: int | None = None
    version: int | None = None


async def update_product_image(infra: Infra, change: ImageChange) -> UUID:
    """Change an image. Returns the product's id. What changes nothing leaves the version as it is.

    Errors: InvalidInput, NotFound, StaleVersion, StoreUnavailable.
    """
    alt_text = checked_alt_text(change.alt_text)
    product_id = await product_of(infra, change.image_id)

    async def work(session: AsyncSession) -> None:
        stored = await lock_images(session, product_id, change.version)
        image = stored.pick(change.image_id)
        moved = _move(stored, change)
        if change.alt_text is not None and image.alt_text != alt_text:
            image.alt_text, moved = alt_text, True
        if moved:
            stored.settle(infra)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return product_id


def _move(stored: ProductImages, change: ImageChange) -> bool:
    """Errors: InvalidInput."""
    last = len(stored.images) - 1
    if change.position is None:
        return False
    if not 0 <= change.position <= last:
        raise InvalidInput.at("position", message=f"must be between 0 and {last}")
    image = stored.pick(change.image_id)
    before = stored.images.index(image)
    stored.images.insert(change.position, stored.images.pop(before))
    return change.position != before
