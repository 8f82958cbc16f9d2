"""A product's images, locked for a change, and what is the same for all changes of them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Image, Product
from services.catalog import rules
from services.shared import texts
from services.shared.errors import InvalidInput, NotFound, StaleVersion


@dataclass(slots=True)
class ProductImages:
    """``images`` in their order."""

    product: Product
    images: list[Image]

    def pick(self, image_id: UUID) -> Image:
        """Errors: NotFound."""
        found = next((image for image in self.images if image.id == image_id), None)
        if found is None:
            raise no_image()
        return found

    def settle(self, infra: Infra) -> None:
        """Write after a change of images: positions as the list has them, and the product's next version."""
        for position, image in enumerate(self.images):
            image.position = position
        self.product.version += 1
        self.product.updated_at = infra.now()


async def lock_images(session: AsyncSession, product_id: UUID, version: int | None) -> ProductImages:
    """Lock a product and read its images.

    ``version``: the one that the change is based on; None takes any. Errors: NotFound, StaleVersion.
    """
    product = await session.scalar(select(Product).where(Product.id == product_id).with_for_update())
    if product is None:
        raise no_product()
    if version is not None and version != product.version:
        raise StaleVersion(product.version)
    rows = select(Image).where(Image.product_id == product_id).order_by(Image.position, Image.id)
    return ProductImages(product, list(await session.scalars(rows)))


async def product_of(infra: Infra, image_id: UUID) -> UUID:
    """Find an image's product; it stays with it. Errors: NotFound."""
    async with infra.database.read() as session:
        found = await session.scalar(select(Image.product_id).where(Image.id == image_id))
    if found is None:
        raise no_image()
    return found


def checked_alt_text(text: str | None) -> str | None:
    """Returns the text trimmed, None for an empty one. Errors: InvalidInput at ``input.altText``."""
    if text is not None and (problem := texts.line_problem(text, rules.ALT_TEXT_LENGTH)):
        raise InvalidInput.at("altText", message=problem)
    return (text or "").strip() or None


def no_product() -> NotFound:
    return NotFound("There is no such product.")


def no_image() -> NotFound:
    return NotFound("There is no such image.")
