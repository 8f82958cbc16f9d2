"""What is exported is imported again as it was: the same bytes come out of the next export."""

import csv
import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from infra.ids import new_id
from infra.runtime import Infra
from models import (
    Category,
    Image,
    MediaFile,
    Product,
    ProductStatus,
    SlugRedirect,
    StockEntry,
    StockLevel,
    Variant,
    VariantPrice,
)
from services.catalog.archive_variant import archive_variant
from services.catalog.create_category import CategoryDraft, create_category
from services.catalog.create_product import create_product
from services.catalog.export_products import PAGE, export_products
from services.catalog.import_products import ImportRefused, ImportReport
from services.catalog.product_draft import (
    ImageDraft,
    PriceDraft,
    ProductChange,
    ProductDraft,
    VariantChange,
    VariantDraft,
)
from services.catalog.shopify.rows import RowProblem
from services.catalog.update_product import update_product
from services.demo.ensure_catalog import FILE as EXAMPLE
from tests.integration.catalog.products import create, run_import, statements
from tests.modes import ONE_MODE

BODY = ' <p class="a">Soft,\r\n"warm"\n\ttabs\r and 日本 👟</p>\n '
NO_IMAGE = "is no file of this shop, nor in the folder of images beside the file"


async def export(infra: Infra, statuses: tuple[ProductStatus, ...] = tuple(ProductStatus)) -> str:
    stream = io.StringIO(newline="")
    await export_products(infra, stream, statuses)
    return stream.getvalue()


async def empty_shop(infra: Infra) -> None:
    async with infra.database.write() as session:
        await session.execute(update(Category).values(parent_id=None))
        for table in (
            *(StockEntry, StockLevel, VariantPrice, Image, Variant, SlugRedirect),
            *(Product, Category),
        ):
            await session.execute(delete(table))


async def a_shop_with_everything(infra: Infra) -> None:
    clothes = await create_category(infra, CategoryDraft("Clothes > All \\"))
    tops = await create_category(infra, CategoryDraft("Tops & T's", "tops", clothes.id))
    variants = [
        VariantDraft(
            *(f"TEE-{size}-{colour}", Decimal("19.90"), "EUR", number * 3),
            options={"Size": size, "Ärmel": "kurz", "C": colour},
            compare_at_price=Decimal("29.90") if number else None,
            weight_grams=(None, 0, 250, 1000)[number],
            prices=[PriceDraft("JPY", Decimal(3000 + number), Decimal(4000)), PriceDraft("KWD", Decimal("1.005"))],
        )
        for number, (size, colour) in enumerate([("S", "rot"), ("S", "blau"), ("L", "rot"), ("L", "blau")])
    ]
    tee = await create_product(
        infra,
        ProductDraft(
            title="Tee, the “best”",
            variants=variants,
            slug="tee",
            description=BODY,
            vendor='Ümlaut & "Söhne"',
            tags=["neu", "a, b", '"quoted"', '12" wide', "日本"],
            category_id=tops.id,
            images=[ImageDraft(f"https://x.test/{n}.jpg?a=1,2", "Back, 'x'" if n else None) for n in range(6)],
            seo_title="Buy, now",
            seo_description="Line one\nLine two",
        ),
        "test",
    )
    await archive_variant(infra, tee.variants[3].id, 1)
    rest = [VariantChange(v.id, options={"Größe": v.title}) for v in tee.variants[:3]]
    await update_product(infra, ProductChange(tee.id, 2, title="Tee", variants=rest))
    plain = [
        VariantDraft(sku, Decimal(1000), "JPY", 1, title=title) for sku, title in (("P1", "One"), ("P2", None))
    ]
    await create_product(infra, ProductDraft("Plain", plain, status=ProductStatus.DRAFT), "test")
    gone = await create(infra, "=Gone", "GONE", status=ProductStatus.ARCHIVED)
    await update_product(infra, ProductChange(gone.id, 1, title="+Gone for good"))


async def test_a_shop_comes_back_to_the_byte(infra: Infra) -> None:
    await a_shop_with_everything(infra)
    exported = await export(infra)
    unchanged = await run_import(infra, exported)
    assert unchanged == ImportReport(unchanged=3, kept_stock=6)
    await empty_shop(infra)
    report = await run_import(infra, exported)
    assert (report.created, report.new_variants) == (3, 7)
    assert await export(infra) == exported
    tee = next(product for product in report.documents if product.slug == "tee")
    assert (tee.description, tee.tags[1], tee.seo_description) == (BODY, "a, b", "Line one\nLine two")
    async with infra.database.read() as session:
        tree = await session.execute(select(Category.name, Category.parent_id.is_not(None)))
        assert {name: bool(below) for name, below in tree} == {"Clothes > All \\": False, "Tops & T's": True}
        levels = await session.execute(select(StockLevel.sku, StockLevel.on_hand))
        assert dict(levels.all()) == {
            "TEE-S-rot": 0,
            "TEE-S-blau": 3,
            "TEE-L-rot": 6,
            "TEE-L-blau": 9,
            "P1": 1,
            "P2": 1,
            "GONE": 5,
        }


@ONE_MODE
async def test_the_example_comes_back(infra: Infra) -> None:
    await run_import(infra, EXAMPLE.read_text(encoding="utf-8-sig"))
    exported = await export(infra)
    await empty_shop(infra)
    assert (await run_import(infra, exported, "EUR")).created == 42
    assert await export(infra) == exported
    rows = list(csv.DictReader(io.StringIO(exported, newline="")))
    assert {row["Currency"] for row in rows if row["Title"]} == {"CNY", "EUR", "JPY", "USD"}
    assert {row["Status"] for row in rows if row["Title"]} == {"active", "archived", "draft"}
    moon = [row for row in rows if row["Handle"] == "paper-moon"]
    assert [(row["Option1 Name"], row["Option1 Value"]) for row in moon] == [
        ("Size", "20 cm"),
        ("", "35 cm"),
        ("", "50 cm"),
    ]


@ONE_MODE
async def test_an_uploaded_image_is_the_same_file_again(infra: Infra) -> None:
    made = await create(infra, "Shirt", "A", images=[ImageDraft("https://x.test/1.jpg")])
    name, long_ago = "ab" * 32 + ".jpg", infra.now() - timedelta(9)
    file = MediaFile(name=name, bytes=1, width=10, height=20, thumbnails=[160], used_at=long_ago)
    async with infra.database.write() as session:
        session.add(file)
        await session.flush()
        session.add(Image(id=new_id(), product_id=made.id, url=f"/media/{name}", position=1, media_name=name))
    path = await export(infra)
    for settings, address in (
        (infra.settings, f"/media/{name}"),
        (infra.settings.model_copy(update={"public_url": "https://shop.test"}), f"https://shop.test/media/{name}"),
        (infra.settings.model_copy(update={"media_url": "https://cdn.test"}), f"https://cdn.test/{name}"),
    ):
        here = replace(infra, settings=settings)
        exported = await export(here)
        assert f",{address},2," in exported
        assert await run_import(here, exported) == ImportReport(unchanged=1, kept_stock=1)
        await empty_shop(infra)
        assert (await run_import(here, exported)).created == 1
        assert await export(here) == exported
        async with infra.database.write() as session:
            [image] = await session.scalars(select(Image).where(Image.media_name == name))
            assert (image.url, image.width, image.height, image.thumbnails) == (f"/media/{name}", 10, 20, [160])
            # Just referred to, so that it is no garbage whoever counted references before.
            kept = await session.get_one(MediaFile, name)
            assert kept.used_at > long_ago
    await empty_shop(infra)
    async with infra.database.write() as session:
        await session.execute(update(MediaFile).values(doomed_at=long_ago))
    with pytest.raises(ImportRefused) as refused:
        await run_import(infra, path)
    assert refused.value.problems == (RowProblem(2, "Image Src", f"/media/{name} {NO_IMAGE}"),)


@ONE_MODE
async def test_only_the_states_that_are_asked_for(infra: Infra) -> None:
    await a_shop_with_everything(infra)
    for status in ProductStatus:
        rows = csv.DictReader(io.StringIO(await export(infra, (status,)), newline=""))
        handles = {row["Handle"] for row in rows}
        assert handles == {{"DRAFT": "plain", "PUBLISHED": "tee", "ARCHIVED": "gone"}[status]}


@ONE_MODE
async def test_a_change_of_the_file_changes_what_it_names(infra: Infra) -> None:
    await a_shop_with_everything(infra)
    text = "Handle,Title,Status,Variant SKU,Variant Archived,Variant Grams,Price / JPY,Compare At Price / JPY\n"
    report = await run_import(infra, f"{text}tee,Tee,draft,TEE-S-rot,true,99,,\ntee,,,TEE-S-blau,,,1,", "EUR")
    assert (report.updated, report.new_variants) == (1, 0)
    rows = {
        row["Variant SKU"]: row
        for row in csv.DictReader(io.StringIO(await export(infra), newline=""))
        if row["Variant SKU"]
    }
    changed = [rows["TEE-S-rot"], rows["TEE-S-blau"]]
    columns = ("Variant Archived", "Variant Grams", "Price / JPY", "Compare At Price / JPY", "Price / KWD")
    assert [[row[column] for column in columns] for row in changed] == [
        ["true", "99", "", "", "1.005"],
        ["false", "", "1", "", "1.005"],
    ]
    assert rows["TEE-S-rot"]["Status"] == "draft"
    assert rows["TEE-L-rot"]["Variant Grams"] == "250"
    with pytest.raises(ImportRefused) as refused:
        await run_import(
            infra, "Handle,Title,Option1 Name,Option1 Value,Variant SKU\ntee,Tee,X,1,TEE-S-blau", "EUR"
        )
    assert [problem.column for problem in refused.value.problems] == ["Option1 Value"]


async def test_pages_take_the_same_statements_each(infra: Infra, tmp_path: Path) -> None:
    heading = "Handle,Title,Variant SKU,Price / EUR\n"
    costs = []
    for pages in (1, 3):
        lines = (f"p{pages}-{n},P,S{pages}-{n},1\n" for n in range(PAGE * (pages - 1) + 1))
        await run_import(infra, heading + "".join(lines), free=True)
        with statements(infra) as seen, (tmp_path / "out.csv").open("w", newline="") as stream:
            done = await export_products(infra, stream)
        async with infra.database.read() as session:
            assert done == await session.scalar(select(func.count()).select_from(Product))
        costs.append(len(seen))
    # The count, currencies, categories, keys of metadata; ids, products, variants, images, prices, stock; no ids.
    assert costs == [4 + 6 + 1, 4 + 3 * 6 + 1]
