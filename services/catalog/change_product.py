"""The one way to change a product: locked, and of the version that the change is based on.

Caches are told by the session itself (models/changes.py), also of prices: the product's version moves with them.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Product, Variant
from models.documents import ProductDoc
from services.catalog.patiently import patiently
from services.catalog.stored_product import StoredProduct, lock_products
from services.catalog.write_index import write_index
from services.shared.errors import NotFound

Work = Callable[[AsyncSession, StoredProduct], Awaitable[bool]]
"""Changes the rows, and says whether it changed any."""


@dataclass(frozen=True, slots=True)
class Based:
    """The product, and the version of it that the change was made up from."""

    product_id: UUID
    version: int


async def change_product(infra: Infra, on: Based, work: Work) -> ProductDoc:
    """Change a product by ``work``, in one transaction. Of two changes based on one version, the first to lock the
    product wins; what changes nothing leaves the version as it is.

    Errors: NotFound, StaleVersion, what ``work`` raises, StoreUnavailable.
    """

    async def run(session: AsyncSession) -> ProductDoc:
        stored = await lock_product(session, on.product_id)
        stored.require_version(on.version)
        if not await work(session, stored):
            return stored.document()
        stored.settle(infra.now())
        document = stored.document()
        await write_index(session, [document])
        return document

    # Cut off in its commit, it may have happened: the retry is then answered with StaleVersion.
    return await patiently(infra, run)


async def lock_product(session: AsyncSession, product_id: UUID) -> StoredProduct:
    """Errors: NotFound."""
    found = await lock_products(session, Product.id == product_id)
    if not found:
        raise NotFound("There is no such product.")
    return found[0]


async def product_of_variant(infra: Infra, variant_id: UUID) -> UUID:
    """Find a variant's product; it stays so for ever, so this needs no lock. Errors: NotFound."""
    async with infra.database.read() as session:
        found = await session.scalar(select(Variant.product_id).where(Variant.id == variant_id))
    if found is None:
        raise NotFound("There is no such variant.")
    return found
