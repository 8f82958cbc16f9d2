"""Products by the thousand, for trying and measuring: made up, but worded and priced like a shop's."""

import random
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.ids import new_id
from infra.runtime import Infra
from models import Product
from services.catalog.check_product import check_product
from services.catalog.drafts import ProductDraft, VariantDraft
from services.catalog.find_categories import find_categories
from services.catalog.product_rows import new_product
from services.demo.wording import ADJECTIVES, COLOURS, KINDS, MATERIALS, SYLLABLES, USES

CHUNK: Final = 500
_SLUG: Final = "seeded-"
Progress = Callable[[int, int], None]
"""Products made, and of how many."""


async def seed_products(infra: Infra, count: int, progress: Progress = lambda done, total: None) -> int:
    """Make products until there are ``count`` of them; how many it made. The same number is the same product, so a
    run that was cut off goes on where it ended.

    Errors: StoreUnavailable.
    """
    start = await _made(infra)
    for first in range(start, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        await infra.database.transact(partial(_make, infra, numbers), timeout=WORKERS_PATIENCE)
        progress(numbers.stop, count)
    return max(0, count - start)


async def _made(infra: Infra) -> int:
    """Each chunk is whole or not there."""
    statement = select(func.count()).select_from(Product).where(Product.slug.startswith(_SLUG))
    async with infra.database.read() as session:
        return await session.scalar(statement) or 0


async def _make(infra: Infra, numbers: range, session: AsyncSession) -> None:
    categories = await find_categories(session, set(KINDS))
    now = infra.now()
    for number in numbers:
        checked = check_product(_draft(number, categories))
        session.add_all(new_product(checked, new_id(), checked.slug or "", "seed", now).rows)


def _draft(number: int, categories: dict[str, UUID]) -> ProductDraft:
    chance = random.Random(number)  # noqa: S311 - no secret
    area = chance.choice(list(KINDS))
    kind, adjective = chance.choice(KINDS[area]), chance.choice(ADJECTIVES)
    name = "".join(chance.choices(SYLLABLES, k=3)).title()
    vendor = "".join(chance.choices(SYLLABLES, k=2)).title()
    material, use = chance.choice(MATERIALS), chance.choice(USES)
    return ProductDraft(
        title=f"{name} {adjective} {kind}",
        slug=f"{_SLUG}{number}",
        description=f"<p>A {adjective.lower()} {kind.lower()} of {material} for {use}, by {vendor}.</p>",
        vendor=vendor,
        tags=[material, chance.choice(USES), adjective.lower()],
        category_id=categories[area],
        variants=_variants(number, chance),
    )


def _variants(number: int, chance: random.Random) -> list[VariantDraft]:
    price = Decimal(chance.randrange(300, 50_000)) / 100
    colours = chance.sample(COLOURS, chance.choice((1, 1, 2, 3)))
    return [
        VariantDraft(
            sku=f"SEED-{number}-{colour.upper()}",
            price=price + place,
            currency="USD",
            quantity=chance.choice((0, 5, 20, 100)),
            options={"Colour": colour},
        )
        for place, colour in enumerate(colours)
    ]
