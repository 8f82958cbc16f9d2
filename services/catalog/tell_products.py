"""Tell of products that were changed, each as it is then."""

from typing import Final

from infra.runtime import Infra
from models import Product
from models.enums import ProductStatus
from models.told_later import Telling
from services.shared.shop_events import ProductArchived, ProductCreated, ProductUpdated
from services.shared.tell_rows import tell_rows

_Told = ProductCreated | ProductUpdated | ProductArchived
_KINDS: Final[dict[Telling, type[_Told]]] = {
    Telling.CREATED: ProductCreated,
    Telling.UPDATED: ProductUpdated,
    Telling.ARCHIVED: ProductArchived,
}


async def tell_products(infra: Infra) -> int:
    """Tell of a batch of products; returns how many. Errors: StoreUnavailable."""
    return await tell_rows(infra, Product, _event)


def _event(row: Product) -> _Told:
    kind = _KINDS[row.tell_as or Telling.UPDATED]
    return kind(row.id, row.version, ProductStatus(row.status), row.slug, row.title, row.updated_at)
