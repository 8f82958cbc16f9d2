"""A product is changed, of one version by one."""

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import select

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import Category, ProductStatus, SlugRedirect, Variant
from models.documents import ProductDoc
from services.catalog.archive_variant import archive_variant
from services.catalog.change_product import Based
from services.catalog.create_product import create_product
from services.catalog.product_draft import PriceDraft, ProductChange, ProductDraft, VariantChange, VariantDraft
from services.catalog.set_variant_prices import set_variant_prices
from services.catalog.update_product import set_status, update_product
from services.catalog.update_variant import update_variant
from services.shared.errors import NotFound, SlugTaken, StaleVersion
from tests.integration.catalog.products import create, draft, variant
from tests.integration.changing_products.outcomes import outcome, problems, read, sizes
from tests.modes import ONE_MODE


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


@ONE_MODE
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
        ("input.slug", "must be letters, digits, - and _, and start and end with a letter or digit"),
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


@ONE_MODE
async def test_each_state_can_become_each_other(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A", status=ProductStatus.DRAFT)
    version = 1
    for status in ("PUBLISHED", "ARCHIVED", "DRAFT", "ARCHIVED", "PUBLISHED", "DRAFT"):
        made = await set_status(infra, Based(made.id, version), ProductStatus(status))
        version += 1
        assert (made.status, made.version) == (status, version)
