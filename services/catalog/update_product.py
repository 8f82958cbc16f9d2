"""Change what a product says, its state, and its variants."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import ProductStatus
from models.documents import ProductDoc
from services.catalog.apply_change import apply_change
from services.catalog.change_product import Based, change_product
from services.catalog.change_slug import change_slug
from services.catalog.check_change import check_change
from services.catalog.product_draft import ProductChange
from services.catalog.rows import require_category
from services.catalog.stored_product import StoredProduct
from services.money.charging import charging_of
from services.shared.errors import InvalidInput


async def update_product(infra: Infra, change: ProductChange) -> ProductDoc:
    """Errors: NotFound, StaleVersion, SlugTaken, InvalidInput with every problem, StoreUnavailable."""

    async def work(session: AsyncSession, stored: StoredProduct) -> bool:
        if problems := list(check_change(change, stored, charging_of(infra.settings))):
            raise InvalidInput(problems)
        if change.category_id != stored.product.category_id:
            await require_category(session, change.category_id)
        renamed = await change_slug(session, stored.product, change.slug, infra.now())
        return apply_change(change, stored) or renamed

    return await change_product(infra, Based(change.product_id, change.version), work)


async def set_status(infra: Infra, on: Based, status: ProductStatus) -> ProductDoc:
    """Publish, unpublish (DRAFT) or archive; each from any other state. Errors: as update_product."""
    return await update_product(infra, ProductChange(on.product_id, on.version, status=status))
