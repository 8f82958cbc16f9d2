"""Images of a file that are this shop's own uploads: told by their address, and referred to instead of linked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from models import Image, MediaFile
from services.catalog.product_draft import ImageDraft, MediaDraft
from services.media.rules import PATH, is_name, url_of
from settings import Settings

Known = Mapping[str, MediaDraft]
"""Uploads by name."""


def own_name(url: str, settings: Settings | None = None, brought: Collection[str] = ()) -> str | None:
    """Returns the name of the upload at this path, with ``settings`` of the one at this address.

    ``brought``: uploads that came with the file, from whatever address. A name is made of the picture itself, so
    whose server is named does not matter: there is another look at whether we have it.
    """
    name = url.rpartition("/")[2]
    if name in brought:
        return name
    if not is_name(name):
        return None
    if url == f"{PATH}/{name}":
        return name
    is_ours = settings is not None and (url == url_of(settings, name) or url.endswith(f"{PATH}/{name}"))
    return name if is_ours else None


async def find_uploads(
    session: AsyncSession, settings: Settings, images: Iterable[ImageDraft], brought: Collection[str]
) -> Known:
    """Find those of the images that are uploads of ours, not being deleted, and lock them against that.

    One statement, or none.
    """
    names = {name for image in images if (name := own_name(image.url, settings, brought))}
    if not names:
        return {}
    there = select(MediaFile).where(MediaFile.name.in_(names), MediaFile.doomed_at.is_(None))
    rows = await session.scalars(there.order_by(MediaFile.name).with_for_update())
    return {row.name: MediaDraft(row.name, row.width, row.height, tuple(row.thumbnails)) for row in rows}


def resolved(
    images: Sequence[ImageDraft], known: Known, settings: Settings, brought: Collection[str]
) -> list[ImageDraft]:
    """Returns the drafts in which what is an upload of ours refers to it; the rest stays an address of
    somebody's."""
    found: list[ImageDraft] = []
    for image in images:
        media = known.get(own_name(image.url, settings, brought) or "")
        found.append(image if media is None else replace(image, url=f"{PATH}/{media.name}", media=media))
    return found


async def note_use(session: AsyncSession, images: Iterable[Image], now: datetime) -> None:
    """Note that uploads were put on a product or taken off: they are kept for a day from now, whatever comes."""
    if names := {image.media_name for image in images if image.media_name}:
        await session.execute(update(MediaFile).where(MediaFile.name.in_(names)).values(used_at=now))
