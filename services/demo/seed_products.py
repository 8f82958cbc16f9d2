"""Products by the thousand, for trying and measuring: made up, but worded and priced like a shop's."""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import WORKERS_PATIENCE
from infra.ids import new_id
from infra.runtime import Infra
from models import Base, Product
from services.catalog.check_product import check_product
from services.catalog.find_categories import Path, category_slug, find_paths
from services.catalog.new_product import new_product
from services.catalog.product_draft import ProductDraft, VariantDraft
from services.catalog.write_index import write_index
from services.money.charging import charging_of

CHUNK: Final = 500
_SLUG: Final = "seeded-"
SOLD_OUT: Final = "felt"
"""Of this material nothing is in stock."""
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
    paths = {kind: _path(area, kind) for area, kinds in KINDS.items() for kind in kinds}
    ids = await find_paths(session, set(paths.values()))
    now, charging = infra.now(), charging_of(infra.settings)
    categories = {kind: ids[path] for kind, path in paths.items()}
    checked = [check_product(_draft(number, categories), charging) for number in numbers]
    made = [new_product(one, new_id(), one.slug or "", "seed", now) for one in checked]
    await _insert(session, [row for product in made for row in product.rows])
    await write_index(session, [product.document() for product in made])


def _path(area: str, kind: str) -> Path:
    return (f"seeded-{category_slug(area)}", area), (f"seeded-{category_slug(kind)}", kind)


async def _insert(session: AsyncSession, rows: Sequence[Base]) -> None:
    """A statement a table, past the session's bookkeeping, which takes longer than the database."""
    by_table: dict[type[Base], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        given = inspect(type(row)).column_attrs.keys() & row.__dict__.keys()  # the rest are the columns' defaults
        by_table[type(row)].append({name: getattr(row, name) for name in given})
    for model, values in by_table.items():
        await session.execute(insert(cast(Table, model.__table__)), values)


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
        description=_description(
            chance, adjective=adjective, kind=kind, material=material, use=use, vendor=vendor
        ),
        vendor=vendor,
        tags=[material, chance.choice(USES), adjective.lower()],
        category_id=categories[kind],
        variants=_variants(number, chance, sold_out=material == SOLD_OUT),
    )


def _description(chance: random.Random, **words: str) -> str:
    sentences = chance.sample(SENTENCES, 3)
    return "".join(f"<p>{sentence.format_map(words)}</p>" for sentence in sentences)


def _variants(number: int, chance: random.Random, *, sold_out: bool) -> list[VariantDraft]:
    price = Decimal(chance.randrange(300, 50_000)) / 100
    colours = chance.sample(COLOURS, chance.choice((1, 1, 2, 3)))
    return [
        VariantDraft(
            sku=f"SEED-{number}-{colour.upper()}",
            price=price + place,
            currency="USD",
            quantity=chance.choice((0, 5, 20, 100)) * (not sold_out),
            options={"Colour": colour},
        )
        for place, colour in enumerate(colours)
    ]


def _split(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


KINDS: Final[dict[str, tuple[str, ...]]] = {
    "Clothing": _split("Shirt, Jacket, Trousers, Hoodie, Dress, Scarf, Gants, Jersey, T恤, 连衣裙, 外套"),
    "Shoes": _split("Sneaker, Boot, Sandal, Loafer, Trainer, Espadrille, 运动鞋, 靴子"),
    "Home": _split("Lamp, Chair, Blanket, Kettle, Café table, Crêpe pan, Décor set, 台灯, 毛毯, 茶壶"),
    "Electronics": _split("Headphones, Keyboard, Charger, Speaker, Camera, Monitor, 耳机, 键盘, 充电器"),
    "Outdoor": _split("Tent, Backpack, Bottle, Stove, Rope, Sleeping bag, 帐篷, 背包"),
}
ADJECTIVES: Final = _split(
    "Classic, Light, Heavy, Soft, Slim, Wide, Urban, Alpine, Nordic, Élégant, Süß, Señorial, "
    "Compact, Folding, Wireless, Organic, Vintage, Modern, Mini, Grand, 防水, 轻便, 经典, 智能"
)
COLOURS: Final = _split("Black, White, Red, Blue, Green, Yellow, Grey, Brown, Pink, Orange")
MATERIALS: Final = _split("cotton, wool, linen, leather, steel, bamboo, glass, nylon, cork, felt")
SYLLABLES: Final = _split("ka, lo, mi, ra, ven, tor, su, del, no, pha, xi, gru, ber, ost, li")
USES: Final = _split("travel, work, sport, children, winter, summer, the kitchen, the office, the garden")
SENTENCES: Final = (
    "A {adjective} {kind} of {material}, made for {use}.",
    "{vendor} builds each one by hand and looks after it for as long as you have it.",
    "Light enough to take along, strong enough to come back with.",
    "The {material} is certified, comes from within two hundred miles and ages well.",
    "Washed, tested and packed in paper; nothing of it is thrown away.",
    "Goes with everything you already have, and with most of what you will.",
    "Conçu à Besançon, fabriqué en {material} : léger, solide, réparable.",
    "Für {use} gemacht, für den Alltag gut: hält warm, bleibt trocken, lässt sich falten.",
    "Hecho en España con {material} de primera calidad y un diseño sencillo.",
    "采用优质材料，做工精细，轻便耐用，适合日常使用。",
    "防水透气，四季皆宜，送礼自用两相宜。",
)
