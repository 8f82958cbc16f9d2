"""The demo catalog: what ``examples/apparel.csv`` holds, and one product that is made for rushing."""

from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Product, Variant
from services.catalog.create_product import create_product
from services.catalog.drafts import ProductDraft, VariantDraft
from services.catalog.import_products import import_products
from services.catalog.shopify_csv import check_shopify_csv
from services.shared.errors import SkuTaken, SlugTaken

RUSH_SKU = "RUSH-TEE"
RUSH_STOCK = 1_000_000
_EXAMPLES = (
    Path(__file__).parents[2] / "examples" / "apparel.csv",
    Path(__file__).parent / "apparel.csv",
)


async def ensure_catalog(infra: Infra) -> int:
    """Import the example file into an empty catalog, make the product to rush for; returns how many there are."""
    if await _count(infra) == 0:
        await _import_example(infra)
    async with infra.database.read() as session:
        there = await session.scalar(select(Variant.id).where(Variant.sku == RUSH_SKU))
    if there is None:
        await _create_rush_product(infra)
    return await _count(infra)


async def _import_example(infra: Infra) -> None:
    file = next((path for path in _EXAMPLES if path.exists()), None)
    if file is not None:
        parsed = check_shopify_csv(lambda: file.open(encoding="utf-8-sig", newline=""), "USD")
        await import_products(infra, parsed, "seed", lambda _done, _total: None)


async def _create_rush_product(infra: Infra) -> None:
    variant = VariantDraft(sku=RUSH_SKU, price=Decimal("39.00"), currency="USD", quantity=RUSH_STOCK, title=None)
    draft = ProductDraft(
        title="Rush Tee",
        slug="rush-tee",
        description="The shirt that sells out.",
        vendor="Rushcart",
        tags=("flash",),
        variants=(variant,),
    )
    try:
        await create_product(infra, draft, "seed")
    except (SkuTaken, SlugTaken):
        return  # another process seeds this database too


async def _count(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Product)) or 0
