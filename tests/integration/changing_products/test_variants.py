"""Variants and prices are added, changed and put in order."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import StockEntry, StockLevel, Variant, VariantPrice
from services.catalog.archive_variant import archive_variant, restore_variant
from services.catalog.change_product import Based
from services.catalog.create_product import create_product
from services.catalog.create_variant import create_variant
from services.catalog.product_draft import PriceDraft, ProductChange, VariantChange, VariantDraft
from services.catalog.reorder_variants import reorder_variants
from services.catalog.set_variant_prices import set_variant_prices
from services.catalog.update_product import update_product
from services.catalog.update_variant import update_variant
from services.shared.errors import SkuTaken
from tests.integration.catalog.products import create, draft, of_the_index, statements, variant
from tests.integration.changing_products.outcomes import outcome, problems, read, sized, sizes


async def test_of_racers_for_a_sku_one_gets_it(infra: Infra) -> None:
    made = [await create(infra, f"Shirt {n}", f"A{n}") for n in range(4)]
    wanted = variant("WANTED", quantity=3)
    results = await asyncio.gather(
        *(outcome(create_variant(infra, Based(product.id, 1), wanted, "test")) for product in made)
    )
    assert sorted(type(result).__name__ for result in results) == ["ProductDoc", *["SkuTaken"] * 3]
    async with infra.database.read() as session:
        for table in (Variant, StockLevel, StockEntry):
            assert await session.scalar(select(func.count()).where(table.sku == "WANTED")) == 1


async def test_a_variant_is_added_with_its_stock_and_prices(infra: Infra) -> None:
    made = await sizes(infra)
    added = VariantDraft(
        *("M", Decimal(5), "EUR", 7),
        options={"Size": "M"},
        compare_at_price=Decimal("7.50"),
        weight_grams=100,
        prices=[PriceDraft("JPY", Decimal(900))],
    )
    changed = await create_variant(infra, Based(made.id, 1), added, "test")
    assert await read(infra, made) == changed
    assert [v.sku for v in changed.variants] == ["S", "L", "M"]
    new = changed.variants[2]
    assert (new.title, new.price, new.compare_at_price, new.weight_grams) == ("M", 500, 750, 100)
    assert (new.price_in("JPY").amount, new.price_in("USD").currency) == (900, "EUR")
    assert (changed.min_price, changed.max_price) == (500, 2000)
    level = await Loaders(infra).stock_by_sku.load("M")
    assert level is not None
    assert (level.on_hand, level.available) == (7, 7)
    same = VariantDraft("M2", Decimal(5), "USD", -1, options={"Size": "M"})
    assert problems(await outcome(create_variant(infra, Based(made.id, 2), same, "test"))) == [
        ("input.variant.quantity", "must be between 0 and 1000000000"),
        ("input.variant.currencyCode", "the product is priced in EUR"),
        ("input.variant.options", "another variant has the same"),
    ]
    with pytest.raises(SkuTaken):
        await create_variant(infra, Based(made.id, 2), sized("S", "XS"), "test")


async def test_an_archived_variant_leaves_its_options_and_its_price_to_others(infra: Infra) -> None:
    made = await sizes(infra)
    small, large = made.variants
    changed = await archive_variant(infra, small.id, 1)
    assert (changed.version, changed.min_price, changed.max_price) == (2, 2000, 2000)
    assert [(v.sku, v.archived, v.is_public) for v in changed.variants] == [("S", True, False), ("L", False, True)]
    assert await archive_variant(infra, small.id, 2) == changed
    refused = await outcome(archive_variant(infra, large.id, 2))
    assert problems(refused) == [("input.id", "is the product's last variant: archive the product")]
    await create_variant(infra, Based(made.id, 2), sized("S2", "S"), "test")
    refused = await outcome(restore_variant(infra, small.id, 3))
    assert problems(refused) == [("input.id", "its options: another variant has the same")]
    other = await update_variant(infra, VariantChange(small.id, options={"Size": "XS"}), 3)
    restored = await restore_variant(infra, small.id, other.version)
    assert (restored.version, restored.min_price) == (5, 1000)


async def test_variants_are_put_in_order(infra: Infra) -> None:
    made = await sizes(infra)
    small, large = made.variants
    changed = await reorder_variants(infra, Based(made.id, 1), [large.id, small.id])
    assert ([v.sku for v in changed.variants], changed.version) == (["L", "S"], 2)
    assert await reorder_variants(infra, Based(made.id, 2), [large.id, small.id]) == changed
    for wrong in ([large.id], [large.id, large.id], [large.id, new_id()], []):
        refused = await outcome(reorder_variants(infra, Based(made.id, 2), wrong))
        assert problems(refused)[0][0] == "input.variantIds"


async def test_prices_in_other_currencies_are_replaced(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A")
    key = made.variants[0].id
    listed = [PriceDraft("USD", Decimal("11.5"), Decimal(15)), PriceDraft("JPY", Decimal(1500))]
    await set_variant_prices(infra, key, 1, listed)
    changed = await set_variant_prices(infra, key, 2, [listed[1], PriceDraft("KWD", Decimal("3.125"))])
    assert await read(infra, made) == changed
    assert [(p.currency, p.amount, p.compare_at) for p in changed.variants[0].prices] == [
        ("JPY", 1500, None),
        ("KWD", 3125, None),
    ]
    assert (await set_variant_prices(infra, key, 3, [PriceDraft("KWD", Decimal("3.125")), listed[1]])).version == 3
    wrong = [
        PriceDraft("EUR", Decimal(1)),
        PriceDraft("XXX", Decimal(1)),
        PriceDraft("JPY", Decimal("1.5"), Decimal(-1)),
        PriceDraft("JPY", Decimal(1)),
    ]
    assert problems(await outcome(set_variant_prices(infra, key, 3, wrong))) == [
        ("input.prices.0.currencyCode", "is the product's own currency: that is the variant's price"),
        ("input.prices.1.currencyCode", "is not an ISO 4217 currency code"),
        ("input.prices.2.price", "has too many decimals: JPY has 0"),
        ("input.prices.2.compareAtPrice", "must be 0 or more"),
        ("input.prices.3.currencyCode", "is the same as prices.2.currencyCode"),
    ]
    assert (await set_variant_prices(infra, key, 3, [])).variants[0].prices == ()
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(VariantPrice)) == 0


async def test_a_change_takes_as_many_statements_for_one_variant_as_for_fifty(infra: Infra) -> None:
    for count in (1, 50):
        variants = [sized(f"S{count}-{n}", str(n)) for n in range(count)]
        made = await create_product(infra, draft(f"Shirt {count}", *variants), "test")
        changes = [VariantChange(v.id, price=Decimal(n + 1)) for n, v in enumerate(made.variants)]
        with statements(infra) as seen:
            await update_product(
                infra, ProductChange(made.id, 1, title="New", slug=f"new-{count}", variants=changes)
            )
        # The database asked; product, variants, images, prices; the slug, its redirect; three writes, the outbox;
        # what is in stock.
        assert len(seen) - len(of_the_index(seen)) == 12
        assert len(of_the_index(seen)) == 11
