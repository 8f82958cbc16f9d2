"""Keep a picture's files.

The order is what garbage collection relies on: the row of the file is claimed first, then the files are written,
then somebody may refer to the row. So every file has a row, and what is on its way was claimed a moment ago.
"""

import asyncio

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
    await _claim(infra, picture)
    small = {thumbnail_name(picture.name, size): content for size, content in picture.thumbnails.items()}
    files = {**small, picture.name: picture.content}
    await asyncio.gather(*(infra.blobs.put(name, content, content_type(name)) for name, content in files.items()))


async def _claim(infra: Infra, picture: Picture) -> None:
    async def claim(session: AsyncSession) -> None:
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
