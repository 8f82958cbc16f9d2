"""A product with all that is part of it, as the database has it, locked for a change."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Image, Product, Variant, VariantPrice
from models.documents import ProductDoc, product_doc
from services.shared.errors import NotFound, StaleVersion


@dataclass(slots=True)
class StoredProduct:
    """The rows; a change adds new ones here and to the session."""

    product: Product
    variants: list[Variant] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    prices: list[VariantPrice] = field(default_factory=list)

    @property
    def live_variants(self) -> list[Variant]:
        """Those that are not archived, in their order."""
        live = (variant for variant in self.variants if variant.archived_at is None)
        return sorted(live, key=lambda variant: (variant.position, variant.id))

    def variant(self, variant_id: UUID) -> Variant:
        """Errors: NotFound."""
        found = next((variant for variant in self.variants if variant.id == variant_id), None)
        if found is None:
            raise NotFound("There is no such variant.")
        return found

    def prices_of(self, variant_id: UUID) -> list[VariantPrice]:
        return [price for price in self.prices if price.variant_id == variant_id]

    def require_version(self, version: int) -> None:
        """Errors: StaleVersion."""
        if self.product.version != version:
            raise StaleVersion(self.product.version)

    def settle(self, now: datetime) -> None:
        """Write after a change: the next version, and the price range as its variants have it now."""
        amounts = [variant.price for variant in self.live_variants or self.variants]
        self.product.min_price, self.product.max_price = min(amounts), max(amounts)
        self.product.version += 1
        self.product.updated_at = now

    def document(self) -> ProductDoc:
        return product_doc(self.product, self.variants, self.images, self.prices)


async def lock_products(session: AsyncSession, which: ColumnElement[bool]) -> list[StoredProduct]:
    """Lock products and read them, in four statements.

    Locked by id, so that two who change several do not wait for each other in a circle.
    """
    found = select(Product).where(which).order_by(Product.id).with_for_update()
    products = (await session.scalars(found)).all()
    stored = {product.id: StoredProduct(product) for product in products}
    await _add_parts(session, stored)
    return list(stored.values())


async def _add_parts(session: AsyncSession, stored: dict[UUID, StoredProduct]) -> None:
    if not stored:
        return
    owners: dict[UUID, UUID] = {}
    for variant in await session.scalars(select(Variant).where(Variant.product_id.in_(stored))):
        stored[variant.product_id].variants.append(variant)
        owners[variant.id] = variant.product_id
    for image in await session.scalars(select(Image).where(Image.product_id.in_(stored))):
        stored[image.product_id].images.append(image)
    listed = select(VariantPrice).join(Variant, Variant.id == VariantPrice.variant_id)
    for price in await session.scalars(listed.where(Variant.product_id.in_(stored))):
        stored[owners[price.variant_id]].prices.append(price)
