"""Files and the images that refer to them: kept while one does, deleted a while after, safe beside uploads."""

import asyncio
import io
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from infra.runtime import Infra
from models import Image, MediaFile, Product
from services.catalog.add_product_image import NewImage, add_product_image
from services.catalog.remove_product_image import remove_product_image
from services.catalog.update_product_image import ImageChange, update_product_image
from services.media.collect_garbage import collect_garbage
from services.media.rules import Upload, thumbnail_name
from services.shared.errors import InvalidInput, NotFound, StaleVersion, TryAgain
from tests.commands import rushcart
from tests.factories import variant_in_stock
from tests.modes import ONE_MODE
from tests.pictures import jpeg, png

NOW = timedelta(0)


async def product(infra: Infra) -> UUID:
    return (await variant_in_stock(infra)).product_id


def upload(content: bytes) -> Upload:
    return Upload(io.BytesIO(content), len(content))


async def add(infra: Infra, product_id: UUID, content: bytes | None = None, version: int | None = None) -> UUID:
    wish = NewImage(product_id, upload(jpeg() if content is None else content), "A square", version)
    return await add_product_image(infra, wish)


async def images(infra: Infra, product_id: UUID) -> list[tuple[UUID, int]]:
    async with infra.database.read() as session:
        rows = select(Image).where(Image.product_id == product_id).order_by(Image.position)
        return [(row.id, row.position) for row in await session.scalars(rows)]


async def version_of(infra: Infra, product_id: UUID) -> int:
    async with infra.database.read() as session:
        return (await session.execute(select(Product.version).where(Product.id == product_id))).scalar_one()


async def files(infra: Infra) -> dict[str, MediaFile]:
    async with infra.database.read() as session:
        return {row.name: row for row in await session.scalars(select(MediaFile))}


async def is_stored(infra: Infra, name: str) -> bool:
    """The image and its thumbnails, all or none."""
    there = {await infra.blobs.size(file) is not None for file in (name, thumbnail_name(name, 160))}
    assert len(there) == 1
    return there.pop()


@ONE_MODE
async def test_an_upload_is_a_row_a_file_and_the_next_version(infra: Infra) -> None:
    product_id = await product(infra)
    image_id = await add(infra, product_id, version=1)
    [(name, file)] = (await files(infra)).items()
    async with infra.database.read() as session:
        image = await session.get_one(Image, image_id)
    assert (image.media_name, image.url, image.alt_text) == (name, f"/media/{name}", "A square")
    assert (image.width, image.height, image.thumbnails) == (600, 300, [160, 480])
    assert (file.width, file.height, file.thumbnails, file.doomed_at) == (600, 300, [160, 480], None)
    sizes = [await infra.blobs.size(each) for each in (name, thumbnail_name(name, 160), thumbnail_name(name, 480))]
    assert file.bytes == sum(size or 0 for size in sizes)
    assert None not in sizes
    assert await version_of(infra, product_id) == 2
    # Again, as after a request without an answer: nothing more happens.
    assert await add(infra, product_id) == image_id
    assert await version_of(infra, product_id) == 2
    assert await images(infra, product_id) == [(image_id, 0)]


@ONE_MODE
async def test_a_refused_upload_leaves_nothing(infra: Infra) -> None:
    product_id = await product(infra)
    with pytest.raises(StaleVersion) as stale:
        await add(infra, product_id, version=7)
    assert stale.value.version == 1
    with pytest.raises(NotFound):
        await add(infra, UUID(int=1))
    with pytest.raises(InvalidInput) as bad:
        await add(infra, product_id, b"<svg/>")
    assert bad.value.problems[0].path == ("input", "file")
    assert await images(infra, product_id) == []
    assert await files(infra) == {}
    assert await version_of(infra, product_id) == 1


async def test_images_are_moved_and_removed_without_gaps(infra: Infra) -> None:
    product_id = await product(infra)
    first, second, third = [await add(infra, product_id, jpeg(600, height)) for height in (100, 200, 300)]
    await update_product_image(infra, ImageChange(third, position=0, version=4))
    assert await images(infra, product_id) == [(third, 0), (first, 1), (second, 2)]
    await update_product_image(infra, ImageChange(third, position=0))
    assert await version_of(infra, product_id) == 5
    for position in (-1, 3, 2**31):
        with pytest.raises(InvalidInput) as bad:
            await update_product_image(infra, ImageChange(third, position=position))
        assert bad.value.problems[0].path == ("input", "position")
    with pytest.raises(StaleVersion):
        await remove_product_image(infra, first, version=4)
    assert await remove_product_image(infra, first, version=5) == product_id
    assert await images(infra, product_id) == [(third, 0), (second, 1)]
    with pytest.raises(NotFound):
        await remove_product_image(infra, first)


@ONE_MODE
async def test_a_file_outlives_its_image_for_a_while(infra: Infra) -> None:
    product_id, other_id = await product(infra), await product(infra)
    image_id, shared_id = await add(infra, product_id), await add(infra, other_id)
    [name] = await files(infra)
    await remove_product_image(infra, image_id)
    assert await collect_garbage(infra, NOW) == 0  # another product shows it
    await remove_product_image(infra, shared_id)
    assert await collect_garbage(infra) == 0  # it was shown a moment ago
    assert await is_stored(infra, name)
    async with infra.database.write() as session:
        await session.execute(update(MediaFile).values(used_at=infra.now() - timedelta(hours=25)))
    assert await collect_garbage(infra) == 1
    assert not await is_stored(infra, name)
    assert await files(infra) == {}


async def test_a_file_that_is_being_deleted_comes_back_once_it_is_gone(infra: Infra) -> None:
    product_id = await product(infra)
    await remove_product_image(infra, await add(infra, product_id))
    [name] = await files(infra)

    async def doom(ago: timedelta) -> None:
        async with infra.database.write() as session:
            await session.execute(update(MediaFile).values(doomed_at=infra.now() - ago))

    await doom(timedelta(minutes=1))
    with pytest.raises(TryAgain):
        await add(infra, product_id)
    assert await images(infra, product_id) == []
    assert await collect_garbage(infra, NOW) == 0  # it is another's to delete
    assert await is_stored(infra, name)
    await doom(timedelta(hours=2))  # who has given up
    assert await collect_garbage(infra, NOW) == 1
    assert not await is_stored(infra, name)
    await add(infra, product_id)
    assert await is_stored(infra, name)


@ONE_MODE
async def test_the_same_picture_for_many_products_at_once_while_garbage_is_collected(infra: Infra) -> None:
    product_ids = [await product(infra) for _ in range(6)]

    async def add_again(product_id: UUID) -> UUID:
        while True:
            try:
                return await add(infra, product_id, png())
            except TryAgain:
                await asyncio.sleep(0.01)

    for _ in range(3):
        added, *_ = await asyncio.gather(
            asyncio.gather(*map(add_again, product_ids)),
            collect_garbage(infra, timedelta(seconds=30)),
            collect_garbage(infra, timedelta(seconds=30)),
        )
        [name] = await files(infra)
        assert await is_stored(infra, name)
        for image_id in added:
            await remove_product_image(infra, image_id)
    async with infra.database.read() as session:
        assert await session.scalar(select(func.count(Image.id))) == 0


@ONE_MODE
async def test_the_command_deletes_what_has_been_unused_for_long(infra: Infra) -> None:
    image_id = await add(infra, await product(infra))
    await add(infra, await product(infra), png())
    await remove_product_image(infra, image_id)
    async with infra.database.write() as session:
        await session.execute(update(MediaFile).values(used_at=infra.now() - timedelta(hours=3)))
    kept = await rushcart(infra, "media", "gc")
    assert (kept.returncode, kept.stdout) == (0, "0 images deleted.\n"), kept.stderr
    done = await rushcart(infra, "media", "gc", "--unused-for", "2")
    assert (done.returncode, done.stdout) == (0, "1 images deleted.\n"), done.stderr
    assert [name.partition(".")[2] for name in await files(infra)] == ["png"]
