"""List the currencies in which something has a price: few, from many rows, so each process asks once a minute."""

from typing import Final

from sqlalchemy import select, union

from infra.runtime import Infra
from models import Product, VariantPrice
from models.enums import ProductStatus

_TTL: Final = 60.0
_KEPT: Final = "catalog.currencies"


async def list_currencies(infra: Infra) -> tuple[str, ...]:
    """Returns ISO 4217 codes, sorted; a new one within a minute. Errors: StoreUnavailable."""

    async def read() -> tuple[str, ...]:
        own = select(Product.currency).where(Product.status == ProductStatus.PUBLISHED).distinct()
        listed = select(VariantPrice.currency).distinct()
        async with infra.database.read() as session:
            return tuple(sorted(await session.scalars(union(own, listed))))

    return await infra.local.get(_KEPT, _TTL, read)


def forget_currencies(infra: Infra) -> None:
    """Forget what this process remembers of them: the next to ask reads them."""
    infra.local.forget(_KEPT)
