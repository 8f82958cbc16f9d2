"""The demo catalog: the products of ``catalog.csv`` with their pictures, one of them made for rushing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Product, Variant
from services.catalog.import_products import import_products
from services.catalog.product_draft import ImageDraft
from services.catalog.shopify.check_shopify_csv import ParsedFile, check_shopify_csv
from services.catalog.shopify.parsed_product import ParsedProduct
from services.demo.pictures_of import pictures_of
from services.media.rules import PATH, Picture
from services.media.store_picture import store_pictures

FILE: Final = Path(__file__).parent / "catalog.csv"
RUSH_SKU: Final = "RUSH-TEE"


async def ensure_catalog(infra: Infra) -> int:
    """Fill an empty catalog; into one that has products put the one to rush for. Returns how many there are."""
    if await _count(infra) == 0:
        await _import(infra, list(_parsed().products))
    elif not await _has_rush_product(infra):
        await _import(infra, [product for product in _parsed().products if _is_for_rushing(product)])
    return await _count(infra)


async def _import(infra: Infra, products: Sequence[ParsedProduct]) -> None:
    """The pictures first: what is imported refers to them."""
    pictures = {product.line: pictures_of(product.draft.slug or "") for product in products}
    await store_pictures(infra, [one for several in pictures.values() for one in several])
    shown = [_with_images(product, pictures[product.line]) for product in products]
    paths = frozenset(product.category_path for product in products)
    await import_products(infra, replace(_parsed(), products=shown, total=len(shown), paths=paths), "seed")


def _parsed() -> ParsedFile:
    return check_shopify_csv(lambda: FILE.open(encoding="utf-8", newline=""), "USD")


def _with_images(product: ParsedProduct, pictures: Sequence[Picture]) -> ParsedProduct:
    images = [ImageDraft(f"{PATH}/{picture.name}", product.draft.title) for picture in pictures]
    return replace(product, draft=replace(product.draft, images=images))


def _is_for_rushing(product: ParsedProduct) -> bool:
    return any(variant.sku == RUSH_SKU for variant in product.draft.variants)


async def _has_rush_product(infra: Infra) -> bool:
    async with infra.database.read() as session:
        return await session.scalar(select(Variant.id).where(Variant.sku == RUSH_SKU)) is not None


async def _count(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Product)) or 0
