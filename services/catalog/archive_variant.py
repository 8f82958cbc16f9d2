"""Take a variant out of the shop, or bring it back. It is never deleted: orders and sales refer to it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Variant
from models.documents import ProductDoc
from services.catalog import rules
from services.catalog.change_product import Based, change_product, product_of_variant
from services.catalog.stored_product import StoredProduct
from services.shared.errors import InvalidInput


async def archive_variant(infra: Infra, variant_id: UUID, version: int) -> ProductDoc:
    """Archive a variant; ``version`` is the product's. A product keeps one variant, so that it has a price.

    Errors: NotFound, StaleVersion, InvalidInput (the last one), StoreUnavailable.
    """

    async def work(_session: AsyncSession, stored: StoredProduct) -> bool:
        variant = stored.variant(variant_id)
        if variant.archived_at is not None:
            return False
        if len(stored.live_variants) == 1:
            raise InvalidInput.at("id", message="is the product's last variant: archive the product")
        variant.archived_at = infra.now()
        return True

    return await change_product(infra, Based(await product_of_variant(infra, variant_id), version), work)


async def restore_variant(infra: Infra, variant_id: UUID, version: int) -> ProductDoc:
    """Errors: NotFound, StaleVersion, InvalidInput (another has its options now), StoreUnavailable."""

    async def work(_session: AsyncSession, stored: StoredProduct) -> bool:
        variant = stored.variant(variant_id)
        if variant.archived_at is None:
            return False
        _require_own_options(variant, stored)
        variant.archived_at = None
        return True

    return await change_product(infra, Based(await product_of_variant(infra, variant_id), version), work)


def _require_own_options(variant: Variant, stored: StoredProduct) -> None:
    others = {rules.option_key(other.options) for other in stored.live_variants}
    first = (stored.live_variants or [variant])[0]
    if problem := rules.options_beside_problem(first.options, others, variant.options):
        raise InvalidInput.at("id", message=f"its options: {problem}")
