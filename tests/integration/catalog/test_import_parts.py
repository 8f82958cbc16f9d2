"""A file that says little of a product changes that little, and nothing is sold that nobody put there."""

import pytest
from sqlalchemy import select

from infra.runtime import Infra
from models import Product, ProductStatus, StockLevel
from models.documents import ProductDoc
from services.catalog.import_products import ImportRefused, import_products
from services.catalog.read_products import read_products
from tests.integration.catalog.products import parsed, run_import
from tests.modes import ONE_MODE

pytestmark = ONE_MODE

SIZES = (
    "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty\n"
    "tee,Tee,Size,S,TEE-S,20,5\ntee,,,M,TEE-M,22,6\n"
)
PLAIN = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\ntee,Tee,TEE-1,25,5\n"


async def product(infra: Infra, slug: str = "tee") -> ProductDoc:
    """As the database has it: caches hear of a change a moment later."""
    async with infra.database.read() as session:
        ids = list(await session.scalars(select(Product.id).where(Product.slug == slug)))
    [found] = await read_products(infra, ids)
    return found


async def variants(infra: Infra) -> dict[str, tuple[str, int]]:
    return {variant.sku: (variant.title, variant.price) for variant in (await product(infra)).variants}


async def on_hand(infra: Infra) -> dict[str, int]:
    async with infra.database.read() as session:
        return dict((await session.execute(select(StockLevel.sku, StockLevel.on_hand))).all())


@pytest.mark.parametrize(
    "rows",
    [
        "Handle,Title,Variant Inventory Qty\ntee,Tee,50\n",
        "Handle,Title\ntee,Tee\n",
        "Handle,Title,Tags\ntee,Tee,new\n",
        "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty\ntee,Tee,,25,50\n",
        "Handle,Title,Option1 Name,Option1 Value,Variant Price\ntee,Tee,Title,Default Title,25\n",
    ],
)
async def test_a_row_without_a_sku_means_the_only_variant(infra: Infra, rows: str) -> None:
    await run_import(infra, PLAIN)
    for _ in range(2):
        report = await run_import(infra, rows)
        assert (report.created, report.new_variants) == (0, 0)
    assert await variants(infra) == {"TEE-1": ("Tee", 2500)}
    assert await on_hand(infra) == {"TEE-1": 5}


async def test_a_price_without_a_sku_is_that_of_the_only_variant(infra: Infra) -> None:
    await run_import(infra, PLAIN, "EUR")
    await run_import(infra, "Handle,Title,Variant Price\ntee,Tee,30\n", "EUR")
    assert await variants(infra) == {"TEE-1": ("Tee", 3000)}


async def test_a_row_without_a_sku_means_the_variant_with_its_options(infra: Infra) -> None:
    await run_import(infra, SIZES)
    heading = "Handle,Title,Option1 Name,Option1 Value,Variant Price,Variant Inventory Qty\n"
    report = await run_import(infra, f"{heading}tee,Tee,Size,M,23,9\ntee,,,L,24,7\n")
    assert report.new_variants == 1
    assert await variants(infra) == {"TEE-S": ("S", 2000), "TEE-M": ("M", 2300), "tee.L": ("L", 2400)}
    assert await on_hand(infra) == {"TEE-S": 5, "TEE-M": 6, "tee.L": 7}
    assert (await run_import(infra, f"{heading}tee,Tee,Size,M,23,9\ntee,,,L,24,7\n")).unchanged == 1


async def test_a_file_about_products_alone_leaves_their_variants(infra: Infra) -> None:
    await run_import(infra, SIZES)
    before = await variants(infra)
    await run_import(infra, "Handle,Title,Tags,Image Src\ntee,T-shirt,new,https://x.test/1.jpg\n", "EUR")
    changed = await product(infra)
    assert (changed.title, changed.tags, changed.status) == ("T-shirt", ("new",), ProductStatus.PUBLISHED)
    assert await variants(infra) == before
    with pytest.raises(ImportRefused) as refused:
        await run_import(infra, "Handle,Title,Variant Inventory Qty\ntee,Tee,50\n")
    assert [(problem.line, problem.column) for problem in refused.value.problems] == [(2, "Variant SKU")]


async def test_two_rows_that_mean_one_variant_are_refused(infra: Infra) -> None:
    await run_import(infra, SIZES)
    heading = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Title\n"
    with pytest.raises(ImportRefused) as refused:
        await run_import(infra, f"{heading}tee,Tee,Size,M,,23,\ntee,,,XL,TEE-M,24,\n")
    assert [problem.message for problem in refused.value.problems] == ["means the same variant as line 2"]


async def test_a_made_sku_is_none_of_another_product(infra: Infra) -> None:
    await run_import(infra, "Handle,Title,Variant SKU,Variant Price\ncap,Cap,tee,1\n")
    await run_import(infra, "Handle,Title,Variant Price\ntee,Tee,2\n")
    [sku] = await variants(infra)
    assert sku.startswith("tee~")


async def test_nothing_new_is_free_unless_it_is_asked_for(infra: Infra) -> None:
    for rows in ("Handle,Title\ntee,Tee\n", "Handle,Title,Variant SKU,Price / EUR\ntee,Tee,T,1\n"):
        with pytest.raises(ImportRefused) as refused:
            await run_import(infra, rows)
        assert [(problem.line, problem.column) for problem in refused.value.problems] == [(2, "Variant Price")]
    await run_import(infra, PLAIN)
    with pytest.raises(ImportRefused):
        await run_import(infra, "Handle,Title,Variant SKU,Variant Inventory Qty\ntee,Tee,TEE-2,50\n")
    assert await on_hand(infra) == {"TEE-1": 5}
    await run_import(infra, "Handle,Title,Variant SKU\ncap,Cap,CAP\n", free=True)
    assert (await product(infra, "cap")).min_price == 0


async def test_published_alone_changes_the_status(infra: Infra) -> None:
    await run_import(infra, PLAIN)
    for said, status in (
        ("FALSE", ProductStatus.DRAFT),
        ("", ProductStatus.DRAFT),
        ("TRUE", ProductStatus.PUBLISHED),
    ):
        await run_import(infra, f"Handle,Title,Published\ntee,Tee,{said}\n")
        assert (await product(infra)).status is status
    await run_import(infra, "Handle,Title,Status\ntee,Tee,archived\n")
    await run_import(infra, "Handle,Title,Published,Status\ntee,Tee,TRUE,\n")
    assert (await product(infra)).status is ProductStatus.ARCHIVED


async def test_images_without_a_column_of_texts_keep_theirs(infra: Infra) -> None:
    heading = "Handle,Title,Variant Price,Image Src,Image Alt Text\n"
    await run_import(infra, f"{heading}tee,Tee,1,https://x.test/1.jpg,Front\n")
    images = "Handle,Title,Image Src\ntee,Tee,https://x.test/2.jpg\ntee,,https://x.test/1.jpg\n"
    await run_import(infra, images)
    found = [(image.url, image.alt_text) for image in (await product(infra)).images]
    assert found == [("https://x.test/2.jpg", None), ("https://x.test/1.jpg", "Front")]
    assert (await run_import(infra, images)).unchanged == 1


async def test_a_price_list_without_a_column_of_former_prices_keeps_them(infra: Infra) -> None:
    heading = "Handle,Title,Variant SKU,Variant Price,Price / EUR,Compare-at price / EUR\n"
    await run_import(infra, f"{heading}tee,Tee,T,10,9,12\n")
    await run_import(infra, "Handle,Title,Variant SKU,Price / EUR\ntee,Tee,T,8\n")
    [price] = (await product(infra)).variants[0].prices
    assert (price.amount, price.compare_at) == (800, 1200)
    with pytest.raises(ImportRefused) as refused:
        await run_import(infra, "Handle,Title,Variant SKU,Compare-at price / EUR\ntee,Tee,T,11\n")
    assert [problem.column for problem in refused.value.problems] == ["Compare-at price / EUR"]


async def test_a_title_of_ones_own_and_an_order_of_ones_own_stay(infra: Infra) -> None:
    await run_import(infra, SIZES.replace("Qty\n", "Qty,Variant Title\n").replace(",6\n", ",6,Our medium\n"))
    await run_import(infra, "Handle,Title,Option1 Name,Option1 Value,Variant SKU\ntee,Tee,Size,M,TEE-M\n")
    assert list(await variants(infra)) == ["TEE-S", "TEE-M"]
    assert (await variants(infra))["TEE-M"] == ("Our medium", 2200)


async def test_a_renamed_product_renames_its_variant(infra: Infra) -> None:
    await run_import(infra, PLAIN.replace(",Tee,", ",Shrit,"))
    await run_import(infra, "Handle,Title\ntee,Shirt\n")
    assert await variants(infra) == {"TEE-1": ("Shirt", 2500)}


async def test_what_is_at_fault_is_left_out_and_the_rest_imported(infra: Infra) -> None:
    await run_import(infra, SIZES)
    await run_import(infra, "Handle,Title,Variant SKU,Variant Price\nmine,Mine,TAKEN,1\n")
    heading = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
    rows = (
        "good,Good,,,GOOD,1\n"
        "bad,Bad,Size,S,B-S,1\nbad,,,M,B-M,x\n"
        "other,Other,,,TAKEN,1\n"
        "tee,Renamed,Size,S,TEE-L,9\n"
        "twice,Twice,,,GOOD,1\n"
        ",Stray,,,,1\n"
        "last,Last,,,LAST,1\n"
    )
    file = parsed(heading + rows)
    report = await import_products(infra, file, "test", skip_bad=True)
    assert (report.created, report.updated) == (2, 0)
    assert report.left_out == {
        3: "",
        4: "Variant Price: 'x' must be a plain decimal number such as 19.90",
        5: "Variant SKU: TAKEN is the SKU of another product",
        6: "Option1 Value: of the variant TEE-L: another variant has the same",
        7: "Variant SKU: 'GOOD' is on line 2 already",
        8: "Handle: must not be empty",
    }
    assert (await product(infra)).title == "Tee"
    assert list(await variants(infra)) == ["TEE-S", "TEE-M"]
    with pytest.raises(ImportRefused):
        await import_products(infra, file, "test")
    broken = parsed(heading + 'a,A,,,A,1\nb,"B')
    with pytest.raises(ImportRefused):
        await import_products(infra, broken, "test", skip_bad=True)


async def test_a_file_of_woocommerce_may_come_again(infra: Infra) -> None:
    heading = "ID,Type,SKU,Name,Published,Stock,Regular price,Parent,Attribute 1 name,Attribute 1 value(s)\n"
    rows = (
        '1,variable,TEE,Tee,1,,,,Size,"S, M"\n'
        "2,variation,TEE-S,Tee - S,1,5,20,TEE,Size,S\n3,variation,,Tee - M,1,6,22,id:1,Size,M\n"
        "4,simple,CAP,Cap,1,7,9,,,\n"
    )
    first = await run_import(infra, heading + rows)
    assert (first.created, first.new_variants) == (2, 3)
    assert (await run_import(infra, heading + rows)).unchanged == 2
    assert await variants(infra) == {"TEE-S": ("S", 2000), "tee.M": ("M", 2200)}
    assert await on_hand(infra) == {"TEE-S": 5, "tee.M": 6, "CAP": 7}
