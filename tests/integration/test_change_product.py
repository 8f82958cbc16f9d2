"""Changes of products and variants on real stores: one version, one winner; slugs, SKUs, prices."""

import asyncio
from collections.abc import Awaitable
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import Category, ProductStatus, SlugRedirect, StockEntry, StockLevel, Variant, VariantPrice
from models.documents import ProductDoc
from services.catalog.archive_variant import archive_variant, restore_variant
from services.catalog.change_product import Based
from services.catalog.changes import ProductChange, VariantChange
from services.catalog.create_product import create_product
from services.catalog.create_variant import create_variant
from services.catalog.drafts import PriceDraft, ProductDraft, VariantDraft
from services.catalog.reorder_variants import reorder_variants
from services.catalog.set_variant_prices import set_variant_prices
from services.catalog.update_product import set_status, update_product
from services.catalog.update_variant import update_variant
from services.errors import InvalidInput, NotFound, ServiceError, SkuTaken, SlugTaken, StaleVersion
from tests.integration.catalog.products import create, draft, of_the_index, statements, variant


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


async def test_a_change_is_kept_counted_and_seen(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A", tags=["old"], vendor="acme")
    category = Category(id=new_id(), slug="tops", name="Tops", parent_id=None)
    async with infra.database.write() as session:
        session.add(category)
    assert (await read(infra, made)).version == 1
    change = ProductChange(
        made.id,
        1,
        title=" New ",
        description="<b>new</b>",
        tags=["a", " b", "a"],
        category_id=category.id,
        seo_title="Best",
        seo_description="Of all",
        status=ProductStatus.DRAFT,
        variants=[VariantChange(made.variants[0].id, price=Decimal("12.50"), weight_grams=250)],
    )
    changed = await update_product(infra, change)
    assert await read(infra, made) == changed
    assert (changed.version, changed.title, changed.vendor, changed.tags) == (2, "New", "acme", ("a", "b"))
    assert (changed.seo_title, changed.seo_description, changed.status) == ("Best", "Of all", ProductStatus.DRAFT)
    assert (changed.category_id, changed.min_price, changed.max_price) == (category.id, 1250, 1250)
    assert changed.variants[0].weight_grams == 250
    assert changed.updated_at > made.updated_at
    again = await update_product(infra, ProductChange(made.id, 2, title="New", tags=["a", "b"]))
    assert again == changed  # nothing is another, and so is no version
    cleared = await update_product(infra, ProductChange(made.id, 2, category_id=None, seo_title=None))
    assert (cleared.version, cleared.category_id, cleared.seo_title, cleared.seo_description) == (
        *(3, None, None),
        "Of all",
    )


async def test_of_changes_based_on_one_version_one_wins(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A")
    changes = [update_product(infra, ProductChange(made.id, 1, title=f"T{n}")) for n in range(5)]
    results = await asyncio.gather(*(outcome(change) for change in changes))
    [winner] = [result for result in results if isinstance(result, ProductDoc)]
    losers = [result for result in results if isinstance(result, StaleVersion)]
    assert [loser.version for loser in losers] == [2] * 4
    assert await read(infra, made) == winner
    with pytest.raises(NotFound):
        await update_product(infra, ProductChange(new_id(), 1, title="T"))


async def test_a_change_of_a_variant_and_one_of_its_product_are_of_one_version(infra: Infra) -> None:
    made = await sizes(infra)
    results = await asyncio.gather(
        outcome(update_product(infra, ProductChange(made.id, 1, title="T"))),
        outcome(update_variant(infra, VariantChange(made.variants[0].id, price=Decimal(1)), 1)),
        outcome(set_variant_prices(infra, made.variants[1].id, 1, [PriceDraft("USD", Decimal(9))])),
        outcome(archive_variant(infra, made.variants[0].id, 1)),
    )
    assert sorted(type(result).__name__ for result in results) == ["ProductDoc", *["StaleVersion"] * 3]
    assert (await read(infra, made)).version == 2


async def test_every_fault_of_a_change_is_named_and_nothing_is_changed(infra: Infra) -> None:
    made, other = await sizes(infra), await create(infra, "Other", "O")
    small, large = made.variants
    change = ProductChange(
        *(made.id, 1, "", "Not A Slug", "\x00", None, ["", "ok"]),
        seo_title="x" * 256,
        status=None,
        variants=[
            VariantChange(small.id, title=None, price=Decimal("1.234"), weight_grams=-1, options={"Size": "L"}),
            VariantChange(small.id),
            VariantChange(other.variants[0].id),
            VariantChange(large.id, price=None, compare_at_price=Decimal(-1), options=None),
        ],
    )
    assert problems(await outcome(update_product(infra, change))) == [
        ("input.title", "must not be empty"),
        ("input.slug", "must be letters a to z, digits, - and _, and start and end with a letter or digit"),
        ("input.description", "must not contain control characters"),
        ("input.vendor", "must not be null"),
        ("input.seo.title", "must have at most 255 characters"),
        ("input.status", "must not be null"),
        ("input.tags.0", "must not be empty"),
        ("input.variants.0.title", "must not be null"),
        ("input.variants.0.price", "has too many decimals: EUR has 2"),
        ("input.variants.0.weightGrams", "must be between 0 and 1000000000"),
        ("input.variants.1.id", "stands there twice"),
        ("input.variants.2.id", "there is no such variant of this product"),
        ("input.variants.3.price", "must not be null"),
        ("input.variants.3.compareAtPrice", "must be 0 or more"),
        ("input.variants.3.options", "must not be null"),
        ("input.variants.0.options", "another variant has the same"),
    ]
    lost = await outcome(update_product(infra, ProductChange(made.id, 1, category_id=new_id())))
    assert problems(lost) == [("input.categoryId", "there is no such category")]
    one = await outcome(update_variant(infra, VariantChange(small.id, title="", options={"Colour": "red"}), 1))
    assert problems(one) == [
        ("input.title", "must not be empty"),
        ("input.options", "must have the names that the other variants have: Size"),
    ]
    assert await read(infra, made) == made


async def test_an_old_slug_leads_to_its_product_until_another_takes_it(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A", slug="one")
    assert await Loaders(infra).product_id_by_slug.load("two") is None
    await update_product(infra, ProductChange(made.id, 1, slug="two"))
    for slug in ("one", "two"):
        assert await Loaders(infra).product_id_by_slug.load(slug) == made.id
    await update_product(infra, ProductChange(made.id, 2, slug="one"))
    assert await Loaders(infra).product_id_by_slug.load("two") == made.id
    taker = await create(infra, "Taker", "B", slug="two")
    assert await Loaders(infra).product_id_by_slug.load("two") == taker.id
    await update_product(infra, ProductChange(taker.id, 1, slug="three"))
    assert await Loaders(infra).product_id_by_slug.load("two") == taker.id
    with pytest.raises(SlugTaken):
        await update_product(infra, ProductChange(taker.id, 2, slug="one"))
    async with infra.database.read() as session:
        rows = await session.execute(select(SlugRedirect.slug, SlugRedirect.product_id))
        assert dict(rows.all()) == {"one": made.id, "two": taker.id}


async def test_of_racers_for_a_slug_one_gets_it(infra: Infra) -> None:
    made = [await create(infra, f"Shirt {n}", f"A{n}") for n in range(4)]
    renames = (update_product(infra, ProductChange(product.id, 1, slug="wanted")) for product in made)
    results = await asyncio.gather(
        *(outcome(rename) for rename in renames),
        outcome(create_product(infra, draft("New", variant("N"), slug="wanted"), "test")),
    )
    assert sorted(type(result).__name__ for result in results) == ["ProductDoc", *["SlugTaken"] * 4]


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


async def test_the_order_of_options_is_kept(infra: Infra) -> None:
    """A JSON object on MySQL sorts its keys by length."""
    options = {"Colour": "red", "Size": "S", "A": "b"}
    made = await create_product(
        infra, ProductDraft("T", [VariantDraft("T", Decimal(1), "EUR", 1, options=options)]), "test"
    )
    async with infra.database.write() as session:
        row = await session.get_one(Variant, made.variants[0].id)
        row.title = "other"
    found = await read(infra, made)
    assert list(found.variants[0].options.items()) == list(options.items())
    assert found.variants[0].title == "other"


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


async def test_each_state_can_become_each_other(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A", status=ProductStatus.DRAFT)
    version = 1
    for status in ("PUBLISHED", "ARCHIVED", "DRAFT", "ARCHIVED", "PUBLISHED", "DRAFT"):
        made = await set_status(infra, Based(made.id, version), ProductStatus(status))
        version += 1
        assert (made.status, made.version) == (status, version)
