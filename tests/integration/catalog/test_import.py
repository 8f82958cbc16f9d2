"""A file of products is taken whole or not at all, and may come again."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from dataloaders import Loaders
from infra.runtime import Infra
from models import StockLevel
from services.catalog.import_products import ImportRefused, import_products
from services.catalog.list_categories import list_categories
from services.catalog.shopify.rows import RowProblem
from services.demo.ensure_catalog import FILE as EXAMPLE
from tests.integration.catalog.products import counts, create, parsed, run_import


async def test_the_example_is_imported_and_imported_again(infra: Infra) -> None:
    text = EXAMPLE.read_text(encoding="utf-8-sig")
    steps: list[tuple[int, int]] = []
    first = await import_products(infra, parsed(text), "test", lambda done, total: steps.append((done, total)))
    assert (first.created, first.updated, first.unchanged, first.new_variants) == (42, 0, 0, 145)
    assert steps == [(42, 42)]
    whole = {"Product": 42, "Variant": 145, "Image": 0, "StockLevel": 145, "StockEntry": 145}
    assert await counts(infra) == whole
    again = await run_import(infra, text)
    assert (again.created, again.updated, again.unchanged, again.new_variants) == (0, 0, 42, 0)
    assert await counts(infra) == whole


BEFORE = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,"
    "Variant Inventory Qty,Image Src\n"
    "tee,Tee,soft,acme,Shirts,a,Size,S,T-S,10,5,https://x.test/1.jpg\n"
    "tee,,,,,,,M,T-M,12,5,\n"
    "cap,Cap,,acme,C++,,,,CAP,7,1,\n"
)


async def test_an_import_changes_what_differs_and_never_stock(infra: Infra) -> None:
    await run_import(infra, BEFORE)
    async with infra.database.write() as session:
        await session.execute(update(StockLevel).where(StockLevel.sku == "T-S").values(on_hand=2, available=2))
    report = await run_import(
        infra,
        BEFORE.replace("tee,Tee,soft", "tee,New Tee,softer")
        .replace("T-S,10,5", "T-S,11.50,500")
        .replace("x.test/1.jpg", "x.test/2.jpg")
        .replace("tee,,,,,,,M,T-M,12,5,", "tee,,,,,,,L,T-L,20,9,"),
    )
    assert (report.created, report.updated, report.unchanged, report.new_variants) == (0, 1, 1, 1)
    tee = await Loaders(infra).product_id_by_slug.load("tee")
    assert tee is not None
    document = await Loaders(infra).product_by_id.load(tee)
    assert document is not None
    assert (document.title, document.description) == ("New Tee", "softer")
    assert (document.min_price, document.max_price) == (1150, 2000)
    assert {v.sku: v.price for v in document.variants} == {"T-S": 1150, "T-M": 1200, "T-L": 2000}
    assert [image.url for image in document.images] == ["https://x.test/2.jpg"]
    assert document.updated_at > document.created_at
    async with infra.database.read() as session:
        rows = await session.execute(select(StockLevel.sku, StockLevel.on_hand))
        assert dict(rows.all()) == {"T-S": 2, "T-M": 5, "T-L": 9, "CAP": 1}
    assert {category.name for category in await list_categories(infra)} == {"C++", "Shirts"}


async def test_a_file_of_prices_changes_prices_only(infra: Infra) -> None:
    created = (await run_import(infra, BEFORE)).documents
    await run_import(infra, "Handle,Title,Variant SKU,Variant Price\ntee,Tee,T-S,1\n")
    document = await Loaders(infra).product_by_id.load(created[0].id)
    assert document is not None
    expected = replace(
        created[0],
        min_price=100,
        version=2,
        updated_at=document.updated_at,
        variants=(replace(created[0].variants[0], price=100), created[0].variants[1]),
    )
    assert document == expected


async def test_an_import_with_a_fault_in_the_last_row_changes_nothing(infra: Infra) -> None:
    await create(infra, "Other", "TAKEN")
    before = await counts(infra)
    heading = "Handle,Title,Variant SKU,Variant Price"
    with pytest.raises(ImportRefused) as raised:
        await run_import(infra, f"{heading}\na,A,A,1\nb,B,B,1\nc,C,TAKEN,1")
    assert raised.value.problems == (RowProblem(4, "Variant SKU", "TAKEN is the SKU of another product"),)
    with pytest.raises(ImportRefused):
        await run_import(infra, f"{heading}\na,A,A,1\nb,B,B,x")
    with pytest.raises(ImportRefused) as raised:
        await run_import(infra, f"{heading}\na,A,A,1\nother,Other,TAKEN,1", "USD")
    assert raised.value.problems == (RowProblem(3, "Variant Price", "the product is priced in EUR, not in USD"),)
    assert await counts(infra) == before
    assert await Loaders(infra).product_id_by_slug.load("a") is None


async def test_two_imports_at_once_double_nothing(infra: Infra) -> None:
    reports = await asyncio.gather(*(run_import(infra, BEFORE) for _ in range(3)))
    assert sorted(report.created for report in reports) == [0, 0, 2]
    assert await counts(infra) == {"Product": 2, "Variant": 3, "Image": 1, "StockLevel": 3, "StockEntry": 3}


async def test_a_large_file_is_imported_in_chunks(infra: Infra) -> None:
    heading = "Handle,Title,Option1 Name,Option1 Value,Variant Price"
    rows = [f"p{n},P{n},Size,S,1\np{n},,,M,2" for n in range(450)]
    report = await run_import(infra, "\n".join([heading, *rows]))
    assert (report.created, report.new_variants) == (450, 900)
    again = await run_import(infra, "\n".join([heading, *rows]))
    assert again.unchanged == 450
