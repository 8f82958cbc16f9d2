"""What becomes of a change."""

from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

from dataloaders import Loaders
from infra.runtime import Infra
from models.documents import ProductDoc
from services.catalog.create_product import create_product
from services.catalog.product_draft import VariantDraft
from services.shared.errors import InvalidInput, ServiceError
from tests.integration.catalog.products import draft


def sized(sku: str, size: str, price: str = "10") -> VariantDraft:
    return VariantDraft(sku, Decimal(price), "EUR", 5, options={"Size": size})


async def sizes(infra: Infra) -> ProductDoc:
    """Small for 10, large for 20."""
    return await create_product(infra, draft("Shirt", sized("S", "S"), sized("L", "L", "20")), "test")


async def read(infra: Infra, product: ProductDoc) -> ProductDoc:
    found = await Loaders(infra).product_by_id.load(product.id)
    assert found is not None
    return found


async def outcome(verb: Awaitable[Any]) -> object:
    try:
        return await verb
    except ServiceError as error:
        return error


def problems(error: object) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidInput), error
    return [(".".join(problem.path), problem.message) for problem in error.problems]
