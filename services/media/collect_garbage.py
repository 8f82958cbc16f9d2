"""Delete files that no image refers to any more.

Safe beside uploads of the same picture: a file is doomed by one statement, which finds it neither referred to nor
used lately; whoever uploads it while it is doomed is told to try again (store_picture.py); its row goes after its
files. Only who doomed a file deletes it, so that nobody deletes late what has come back meanwhile. What one that
died has left doomed is doomed anew after a while.
"""

from datetime import datetime, timedelta
from typing import Any, Final, cast

import structlog
from sqlalchemy import ColumnElement, CursorResult, delete, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Image, MediaFile
from services.media.rules import thumbnail_name

log = structlog.get_logger(__name__)

GRACE: Final = timedelta(days=1)
"""Pages that were sent out before may still show the file; and far longer than an upload takes."""
_GIVEN_UP: Final = timedelta(hours=1)
_BATCH: Final = 100


async def collect_garbage(infra: Infra, grace: timedelta = GRACE) -> int:
    """Delete images that nothing shows, their thumbnails with them. Returns how many. Errors: StoreUnavailable."""
    deleted = 0
    while True:
        now = infra.now()

        async def doom(session: AsyncSession, now: datetime = now) -> dict[str, list[int]]:
            return await _doom(session, now, grace)

        doomed = await infra.database.transact(doom)
        if not doomed:
            break
        for name, sizes in doomed.items():
            await _delete(infra, name, sizes, now)
        deleted += len(doomed)
    if deleted:
        log.info("media.collected", images=deleted)
    return deleted


async def _doom(session: AsyncSession, now: datetime, grace: timedelta) -> dict[str, list[int]]:
    """Claim a batch of files that are ours to delete, with the sizes of their thumbnails."""
    garbage = _is_garbage(now, grace)
    found = await session.execute(select(MediaFile.name, MediaFile.thumbnails).where(garbage).limit(_BATCH))
    doomed = {}
    for name, sizes in found.all():
        # Asked again, with the row locked.
        marked = await session.execute(
            update(MediaFile).where(MediaFile.name == name, garbage).values(doomed_at=now),
            execution_options={"synchronize_session": False},
        )
        if cast("CursorResult[Any]", marked).rowcount:
            doomed[name] = sizes
    return doomed


def _is_garbage(now: datetime, grace: timedelta) -> ColumnElement[bool]:
    referred = exists(select(Image.id).where(Image.media_name == MediaFile.name))
    free = or_(MediaFile.doomed_at.is_(None), MediaFile.doomed_at < now - _GIVEN_UP)
    return (MediaFile.used_at < now - grace) & free & ~referred


async def _delete(infra: Infra, name: str, sizes: list[int], doomed_at: datetime) -> None:
    for file in (*(thumbnail_name(name, size) for size in sizes), name):
        if infra.now() - doomed_at > _GIVEN_UP / 2:
            return  # asleep for long: another may take over, and then it is not ours any more
        await infra.blobs.delete(file)

    async def work(session: AsyncSession) -> None:
        ours = (MediaFile.name == name) & (MediaFile.doomed_at == doomed_at)
        await session.execute(delete(MediaFile).where(ours))

    await infra.database.transact(work)
