"""Add an uploaded image to a product."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Image, Product
from services.catalog.product_images import ProductImages, checked_alt_text, lock_images, no_product
from services.catalog.rules import MOST_IMAGES
from services.media.picture_of import picture_of
from services.media.rules import PATH, Picture, Upload
from services.media.store_picture import store_picture
from services.shared.errors import InvalidInput, StaleVersion


@dataclass(frozen=True, slots=True)
class NewImage:
    """``version``: of the product that this is based on; None takes any."""

    product_id: UUID
    upload: Upload
    alt_text: str | None = None
    version: int | None = None


async def add_product_image(infra: Infra, wish: NewImage) -> UUID:
    """Put an image behind the product's others. Returns its id. A picture that the product has already is not
    added again, so a request without an answer can be repeated.

    Errors: InvalidInput, NotFound, StaleVersion, TryAgain, StoreUnavailable.
    """
    alt_text = checked_alt_text(wish.alt_text)
    await _look_first(infra, wish)
    picture = await picture_of(wish.upload)
    await store_picture(infra, picture)

    async def add(session: AsyncSession) -> UUID:
        stored = await lock_images(session, wish.product_id, wish.version)
        known = next((image for image in stored.images if image.media_name == picture.name), None)
        if known is not None:
            return known.id
        if len(stored.images) >= MOST_IMAGES:
            raise _full()
        image = _row(stored, picture, alt_text)
        session.add(image)
        stored.images.append(image)
        stored.settle(infra)
        return image.id

    return await infra.database.transact(add, timeout=infra.settings.store_timeout)


async def _look_first(infra: Infra, wish: NewImage) -> None:
    """What can be refused before the picture is decoded. Errors as above."""
    counted = select(func.count(Image.id)).where(Image.product_id == Product.id).scalar_subquery()
    async with infra.database.read() as session:
        found = (
            await session.execute(select(Product.version, counted).where(Product.id == wish.product_id))
        ).one_or_none()
    if found is None:
        raise no_product()
    if wish.version is not None and wish.version != found[0]:
        raise StaleVersion(found[0])
    if found[1] >= MOST_IMAGES:
        raise _full()


def _full() -> InvalidInput:
    return InvalidInput.at("file", message=f"the product has {MOST_IMAGES} images, and can have no more")


def _row(stored: ProductImages, picture: Picture, alt_text: str | None) -> Image:
    return Image(
        id=new_id(),
        product_id=stored.product.id,
        url=f"{PATH}/{picture.name}",
        alt_text=alt_text,
        media_name=picture.name,
        width=picture.width,
        height=picture.height,
        thumbnails=sorted(picture.thumbnails),
    )
