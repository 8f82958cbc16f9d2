"""Keep a picture's files.

The order is what garbage collection relies on: the row of the file is claimed first, then the files are written,
then somebody may refer to the row. So every file has a row, and what is on its way was claimed a moment ago.
"""

import asyncio
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MediaFile
from services.media.rules import Picture, content_type, thumbnail_name
from services.shared.errors import TryAgain


async def store_picture(infra: Infra, picture: Picture) -> None:
    """Store a picture; the same again is written again, which changes nothing.

    Errors: TryAgain, StoreUnavailable.
    """
    await store_pictures(infra, [picture])


async def store_pictures(infra: Infra, pictures: Sequence[Picture]) -> None:
    """Store several, claimed together. Errors: TryAgain, StoreUnavailable."""
    await _claim_pictures(infra, pictures)
    files = {name: content for picture in pictures for name, content in _files(picture)}
    await asyncio.gather(*(infra.blobs.put(name, content, content_type(name)) for name, content in files.items()))


def _files(picture: Picture) -> Iterator[tuple[str, bytes]]:
    yield from ((thumbnail_name(picture.name, size), content) for size, content in picture.thumbnails.items())
    yield picture.name, picture.content


async def _claim_pictures(infra: Infra, pictures: Sequence[Picture]) -> None:
    async def claim(session: AsyncSession) -> None:
        # In one order for everybody, so that no two wait for each other.
        for picture in sorted(pictures, key=lambda one: one.name):
            await _write_row(infra, session, picture)

    try:
        await infra.database.transact(claim, timeout=infra.settings.store_timeout)
    except IntegrityError:
        # Somebody uploads the same picture for the first time in this very moment: now its row is there.
        await infra.database.transact(claim, timeout=infra.settings.store_timeout)


async def _write_row(infra: Infra, session: AsyncSession, picture: Picture) -> None:
    row = await session.scalar(select(MediaFile).where(MediaFile.name == picture.name).with_for_update())
    if row is None:
        row = MediaFile(name=picture.name, width=picture.width, height=picture.height)
        session.add(row)
    elif row.doomed_at is not None:
        # It is being deleted; once it is gone, it can come back.
        raise TryAgain
    row.bytes = len(picture.content) + sum(map(len, picture.thumbnails.values()))
    row.thumbnails = sorted(picture.thumbnails)
    row.used_at = infra.now()
