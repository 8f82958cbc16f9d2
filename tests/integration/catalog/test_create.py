"""Products are created whole or not at all."""

import asyncio

import pytest
from sqlalchemy import select

from dataloaders import Loaders
from infra.ids import new_id
from infra.runtime import Infra
from models import Category, StockEntry, StockLevel
from services.catalog.create_product import create_product
from services.catalog.product_draft import ImageDraft, ProductDraft
from services.shared.errors import InvalidInput, SlugTaken
from tests.integration.catalog.products import counts, create, draft, variant
from tests.modes import ONE_MODE


async def test_a_product_is_created_whole(infra: Infra) -> None:
    category = Category(id=new_id(), slug="shirts", name="Shirts", parent_id=None)
    async with infra.database.write() as session:
        session.add(category)
    made = await create_product(
        infra,
        draft(
            "  Été à Nîmes ",
            variant("A", "19.90"),
            variant("B", "5", quantity=0),
            description="<p>\n</p>",
            vendor="Acme",
            tags=["x", "x", "红"],
            category_id=category.id,
            images=[ImageDraft("https://x.test/1.jpg", "front")],
        ),
        "user:1",
    )
    assert (made.title, made.slug, made.vendor, made.tags) == ("Été à Nîmes", "ete-a-nimes", "Acme", ("x", "红"))
    assert (made.min_price, made.max_price, made.currency) == (500, 1990, "EUR")
    assert [(v.sku, v.title, v.price) for v in made.variants] == [
        ("A", "Été à Nîmes", 1990),
        ("B", "Été à Nîmes", 500),
    ]
    async with infra.database.read() as session:
        levels = {level.sku: level for level in await session.scalars(select(StockLevel))}
        entries = {entry.sku: entry for entry in await session.scalars(select(StockEntry))}
    assert {sku: (level.on_hand, level.available, level.held) for sku, level in levels.items()} == {
        "A": (5, 5, 0),
        "B": (0, 0, 0),
    }
    assert (entries["A"].cause, entries["A"].on_hand, entries["A"].available) == ("RECEIVED", 5, 5)
    assert entries["A"].actor == "user:1"
    await infra.redis.client.flushdb()
    assert await Loaders(infra).product_by_id.load(made.id) == made


@ONE_MODE
async def test_every_fault_of_a_draft_is_named_and_nothing_is_kept(infra: Infra) -> None:
    wrong = draft(
        " ",
        variant("A  B", "1.999"),
        variant("C", "-1", quantity=-1),
        variant("C", "1", quantity=10**9 + 1),
        variant("{D}", "1", "JPY"),
        variant("E\n", "1", "XXX"),
        slug="Not A Slug",
        description="\x00",
        vendor="v" * 256,
        tags=["ok", ""],
        images=[ImageDraft("ftp://x.test/1")],
    )
    with pytest.raises(InvalidInput) as raised:
        await create_product(infra, wrong, "test")
    assert [problem.path for problem in raised.value.problems] == [
        ("input", "title"),
        ("input", "slug"),
        ("input", "description"),
        ("input", "vendor"),
        ("input", "tags", "1"),
        ("input", "imageUrls", "0"),
        ("input", "variants", "0", "sku"),
        ("input", "variants", "0", "price"),
        ("input", "variants", "1", "quantity"),
        ("input", "variants", "1", "price"),
        ("input", "variants", "2", "quantity"),
        ("input", "variants", "2", "sku"),
        ("input", "variants", "3", "sku"),
        ("input", "variants", "3", "currencyCode"),
        ("input", "variants", "4", "sku"),
        ("input", "variants", "4", "currencyCode"),
    ]
    with pytest.raises(InvalidInput, match=r"input\.variants: at least one"):
        await create_product(infra, ProductDraft("A", ()), "test")
    with pytest.raises(InvalidInput, match=r"input\.categoryId: there is no such category"):
        await create_product(infra, draft(category_id=new_id()), "test")
    assert set((await counts(infra)).values()) == {0}


async def test_a_title_without_latin_letters_still_gives_a_slug(infra: Infra) -> None:
    made = await create(infra, "红色衬衫", "A")
    assert made.slug == "红色衬衫"
    assert await Loaders(infra).product_id_by_slug.load(made.slug) == made.id
    nameless = await create(infra, "👟", "B")
    assert nameless.slug == f"product-{nameless.id.hex[-12:]}"


async def test_slugs_are_told_apart_to_the_accent(infra: Infra) -> None:
    slugs = ["été", "ete", "strasse", "straße", "はは", "ぱぱ", "ばば"]
    made = {slug: await create(infra, "Shirt", f"S {n}", slug=slug) for n, slug in enumerate(slugs)}
    await infra.redis.client.flushdb()
    for slug, product in made.items():
        assert await Loaders(infra).product_id_by_slug.load(slug) == product.id
        assert (await create_again(infra, slug)).slug == slug


async def create_again(infra: Infra, slug: str) -> SlugTaken:
    with pytest.raises(SlugTaken) as raised:
        await create(infra, "Shirt", "other", slug=slug)
    return raised.value


async def test_a_slug_that_is_taken_is_refused_when_asked_for_and_avoided_when_made(infra: Infra) -> None:
    first = await create(infra, "Shirt", "A")
    with pytest.raises(SlugTaken) as raised:
        await create(infra, "Other", "B", slug="shirt")
    assert raised.value.slug == "shirt"
    second = await create(infra, "Shirt", "B")
    assert (first.slug, second.slug) == ("shirt", f"shirt-{second.id.hex[-12:]}")


async def test_of_racing_creators_of_a_sku_one_wins(infra: Infra) -> None:
    racers = [create_product(infra, draft(f"T{n}", variant("ONE"), variant(f"OWN-{n}")), "test") for n in range(5)]
    outcomes = await asyncio.gather(*racers, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ProductDoc", *["SkuTaken"] * 4]
    assert await counts(infra) == {"Product": 1, "Variant": 2, "Image": 0, "StockLevel": 2, "StockEntry": 2}


async def test_skus_differ_by_case(infra: Infra) -> None:
    await create(infra, "A", "sku")
    made = await create(infra, "B", "SKU")
    found = await Loaders(infra).variant_by_sku.load("SKU")
    assert found is not None
    assert found.product_id == made.id
