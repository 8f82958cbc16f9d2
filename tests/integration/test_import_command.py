"""``rushcart import products`` and ``rushcart export products``, as processes of their own."""

import io
import subprocess
from pathlib import Path

from PIL import Image as Picture
from sqlalchemy import delete, func, select, text

from infra.migrations import own_revision
from infra.runtime import Infra
from models import Image, MediaFile, Product, StockEntry, StockLevel, Variant
from services.catalog.add_product_image import NewImage, add_product_image
from services.catalog.product_draft import ImageDraft
from services.demo.ensure_catalog import FILE as EXAMPLE
from services.media.rules import Upload, thumbnail_name
from tests import commands
from tests.integration.catalog.products import create
from tests.modes import ONE_MODE


def run(infra: Infra, *arguments: str, command: str = "import") -> "subprocess.CompletedProcess[str]":
    return commands.run(infra.settings, command, "products", *arguments)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


async def products(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(Product)) or 0


@ONE_MODE
async def test_a_file_is_imported_once_however_often(infra: Infra) -> None:
    first = run(infra, str(EXAMPLE))
    assert (first.returncode, first.stdout) == (
        0,
        "42 products created, 0 updated, 0 unchanged; 145 new variants.\n",
    ), first.stderr
    assert "42/42" in first.stderr
    again = run(infra, str(EXAMPLE))
    assert (again.returncode, again.stdout) == (
        0,
        "0 products created, 0 updated, 42 unchanged; 0 new variants.\n",
    )
    kept = "variants are not new and keep their stock; `rushcart import stock` sets it.\n"
    assert (kept in first.stderr, again.stderr.endswith(f"\n130 {kept}")) == (False, True), again.stderr
    assert await products(infra) == 42


@ONE_MODE
async def test_faults_are_a_table_and_nothing_is_imported(infra: Infra, tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    file.write_bytes(b"Handle,Title,Variant Price\r\na,A,1\r\nb,[red]\xff,abc\r\n")
    refused = run(infra, str(file))
    assert refused.returncode == 1
    cells = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in refused.stdout.splitlines() if "│" in line
    ]
    assert cells == [
        ["3", "Title", "is not UTF-8 text"],
        ["3", "Variant Price", "'abc' must be a plain decimal number such as 19.90"],
    ]
    assert await products(infra) == 0


@ONE_MODE
async def test_what_is_left_out_is_a_file_to_mend(infra: Infra, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text("Handle,Title,Variant Price,Barcode\na,A,1,12\nb,B,x,13\n")
    checked = run(infra, "--check", str(file))
    assert (checked.returncode, files(tmp_path)) == (1, ["shop.csv"])
    done = run(infra, "--skip-bad", str(file))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 products created, 0 updated, 0 unchanged; 1 new variants.\n")
    assert "Barcode: not used (2 cells)" in done.stderr
    rest = tmp_path / "shop.left-out.csv"
    text = rest.read_text()
    message = "Variant Price: 'x' must be a plain decimal number such as 19.90"
    assert text == f"Handle,Title,Variant Price,Barcode,Problem\nb,B,x,13,{message}\n"
    rest.write_text(text.replace("B,x", "B,2"))
    assert run(infra, str(rest)).returncode == 0
    assert await products(infra) == 2


@ONE_MODE
async def test_an_export_is_complete_with_its_images(infra: Infra, tmp_path: Path) -> None:
    made = await create(infra, "Shirt", "A", images=[ImageDraft("https://x.test/1.jpg", "Elsewhere")])
    pixels = io.BytesIO()
    Picture.new("RGB", (300, 200), "red").save(pixels, "PNG")
    await add_product_image(infra, NewImage(made.id, Upload(pixels, len(pixels.getvalue())), "Ours"))
    first, second = tmp_path / "shop.csv", tmp_path / "again.csv"
    assert run(infra, str(first), command="export").returncode == 0
    assert "\n1 uploaded images are not in it" in run(infra, "-", command="export").stderr
    async with infra.database.write() as session:
        [file] = await session.scalars(select(MediaFile))
        name, sizes = file.name, (file.width, file.height, file.thumbnails)
        for table in (StockEntry, StockLevel, Image, Variant, Product, MediaFile):
            await session.execute(delete(table))
    for blob in (name, *(thumbnail_name(name, size) for size in sizes[2])):
        await infra.blobs.delete(blob)
    assert [path.name for path in (tmp_path / "shop.images").iterdir()] == [name]
    elsewhere = first.read_text().replace(f"/media/{name}", f"https://old.test/media/{name}")
    left_out = tmp_path / "old.left-out.csv"
    left_out.write_text(elsewhere)
    (tmp_path / "shop.images").rename(tmp_path / "old.images")
    done = run(infra, str(left_out))
    assert done.returncode == 0, done.stderr + done.stdout
    assert run(infra, str(second), command="export").returncode == 0
    assert second.read_text() == first.read_text()
    async with infra.database.read() as session:
        [file] = await session.scalars(select(MediaFile))
        assert (file.name, (file.width, file.height, file.thumbnails)) == (name, sizes)
    kept = (tmp_path / "again.images" / name).read_bytes()
    assert kept == (tmp_path / "old.images" / name).read_bytes()
    (tmp_path / "old.images" / f"{'0' * 64}.png").write_bytes(kept)
    refused = run(infra, str(left_out))
    assert (refused.returncode, "is not what its name says" in refused.stderr) == (1, True)


@ONE_MODE
async def test_an_inventory_file_sets_stock(infra: Infra, tmp_path: Path) -> None:
    run(infra, str(EXAMPLE))
    file = tmp_path / "inventory.csv"
    file.write_text("Handle,Title,SKU,Location,On hand (current),On hand (new)\nrush-tee,x,RUSH-TEE,Cellar,1,77\n")
    refused = run(infra, str(file))
    assert (refused.returncode, "--warehouse LOCATION=CODE" in refused.stdout) == (1, True), refused.stderr
    done = commands.run(infra.settings, "import", "stock", "--warehouse", "Cellar=MAIN", str(file))
    assert (done.returncode, done.stdout) == (0, "1 quantities changed, 0 unchanged.\n"), done.stderr
    async with infra.database.read() as session:
        on_hand = await session.scalar(select(StockLevel.on_hand).where(StockLevel.sku == "RUSH-TEE"))
    assert (on_hand, await products(infra)) == (77, 42)


@ONE_MODE
async def test_a_file_can_be_checked_without_any_store(infra: Infra, tmp_path: Path) -> None:
    checked = run(infra, "--check", str(EXAMPLE))
    assert (checked.returncode, checked.stdout) == (0, "42 products, no problem found.\n")
    file = tmp_path / "titles.csv"
    file.write_text("Handle,Title\na,A\n")
    assert run(infra, "--check", "--free", str(file)).stdout == "1 products, no problem found.\n"
    assert run(infra, "--check", str(file)).stdout == (
        "1 products, no problem found.\n"
        "Variant Price: is missing, and new variants need a price (--free: they cost nothing)\n"
    )
    assert await products(infra) == 0


@ONE_MODE
async def test_the_currency_is_one_there_is(infra: Infra) -> None:
    refused = run(infra, "--currency", "XYZ", str(EXAMPLE))
    assert refused.returncode == 2
    assert "XYZ is not an ISO 4217 currency code" in refused.stderr


async def test_a_shop_is_exported_and_imported_again(infra: Infra, tmp_path: Path) -> None:
    assert run(infra, str(EXAMPLE)).returncode == 0
    file = tmp_path / "shop.csv"
    exported = run(infra, str(file), command="export")
    assert (exported.returncode, exported.stdout) == (0, ""), exported.stderr
    assert exported.stderr.endswith("42 products exported.\n")
    assert "42/42" in exported.stderr
    again = run(infra, str(file))
    assert again.stdout == "0 products created, 0 updated, 42 unchanged; 0 new variants.\n"
    to_terminal = run(infra, "-", command="export")
    assert to_terminal.stdout.splitlines() == file.read_text(encoding="utf-8").splitlines()
    published = run(infra, "--status", "published", "-", command="export")
    assert published.stderr.endswith("37 products exported.\n")
    drafts = run(infra, "--status", "draft", "-", command="export")
    assert (len(drafts.stdout.splitlines()), drafts.stderr.endswith("3 products exported.\n")) == (6, True)
    assert files(tmp_path) == ["shop.csv"]


@ONE_MODE
async def test_an_export_that_fails_leaves_the_file_alone(infra: Infra, tmp_path: Path) -> None:
    file = tmp_path / "shop.csv"
    file.write_text("mine")
    async with infra.database.write() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await session.execute(text("UPDATE schema_support SET oldest = '9999'"))
    try:
        refused = run(infra, str(file), command="export")
    finally:
        async with infra.database.write() as session:
            await session.execute(text(f"UPDATE alembic_version SET version_num = '{own_revision()}'"))
            await session.execute(text(f"UPDATE schema_support SET oldest = '{own_revision()}'"))
    assert (refused.returncode, file.read_text()) == (1, "mine")
    assert "The database is newer" in refused.stderr
    lost = run(infra, str(tmp_path / "none" / "shop.csv"), command="export")
    assert lost.returncode == 1
    assert "No such file or directory" in lost.stderr
    assert "Traceback" not in refused.stderr + lost.stderr
