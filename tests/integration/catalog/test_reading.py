"""What was read once is read without the database."""

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import Category
from models.documents import product_key
from services.catalog.create_product import create_product
from tests.integration.catalog.products import create, draft, statements, variant, without_redis


async def test_what_was_created_is_read_without_the_database(infra: Infra) -> None:
    made = await create_product(infra, draft("Shirt", variant("A"), variant("B")), "test")
    with statements(infra) as seen:
        loaders = Loaders(infra)
        assert await loaders.product_id_by_slug.load("shirt") == made.id
        assert await loaders.product_by_id.load(made.id) == made
        assert await loaders.variant_by_id.load(made.variants[1].id) == made.variants[1]
        assert await loaders.variant_by_sku.load("A") == made.variants[0]
    assert seen == []


async def test_what_was_read_once_is_read_without_the_database(infra: Infra) -> None:
    category = Category(id=new_id(), slug="shirts", name="Shirts", parent_id=None)
    async with infra.database.write() as session:
        session.add(category)
    made = await create(infra, "Shirt", "A", category_id=category.id)
    await infra.redis.client.flushdb()
    for expected in (8, 0):
        with statements(infra) as seen:
            loaders = Loaders(infra)
            assert await loaders.product_by_id.load(made.id) == made
            assert await loaders.product_id_by_slug.load("shirt") == made.id
            assert await loaders.variant_by_id.load(made.variants[0].id) == made.variants[0]
            assert await loaders.variant_by_sku.load("A") == made.variants[0]
            shown = await loaders.category_by_id.load(category.id)
            assert shown is not None
            assert shown.name == "Shirts"
        assert len(seen) == expected
    ttl = await infra.redis.client.pttl(f"doc:{product_key(made.id)}")
    assert 0.85 * infra.settings.cache_ttl < ttl / 1000 <= 1.1 * infra.settings.cache_ttl


async def test_what_is_not_there_is_remembered_too_but_not_for_long(infra: Infra) -> None:
    unknown = new_id()
    for expected in (1, 0):
        with statements(infra) as seen:
            assert await Loaders(infra).product_by_id.load(unknown) is None
        assert len(seen) == expected
    assert 0 < await infra.redis.client.pttl(f"doc:{product_key(unknown)}") <= 5000
    for _ in range(2):
        loaders = Loaders(infra)
        assert await loaders.product_id_by_slug.load("none") is None
        assert await loaders.variant_by_sku.load("none") is None
        assert await loaders.variant_by_id.load(unknown) is None
        assert await loaders.category_by_id.load(unknown) is None
        assert await loaders.stock_by_sku.load("none") is None
    await create(infra, "None", "none")
    assert await Loaders(infra).variant_by_sku.load("none") is not None
    assert await Loaders(infra).product_id_by_slug.load("none") is not None


async def test_without_redis_reads_and_writes_go_to_the_database(infra: Infra) -> None:
    async with without_redis(infra) as away:
        made = await create(away, "Shirt", "A")
        loaders = Loaders(away)
        assert await loaders.product_by_id.load(made.id) == made
        assert await loaders.product_id_by_slug.load("shirt") == made.id
        assert await loaders.variant_by_sku.load("A") == made.variants[0]
        assert await loaders.product_by_id.load(new_id()) is None
    assert await Loaders(infra).product_by_id.load(made.id) == made
