"""Copy pictures between a shop and a folder: an export is complete with them, and an import brings them."""

import asyncio
import hashlib
import io
from collections.abc import Collection
from pathlib import Path
from typing import Final

from sqlalchemy import select

from infra.runtime import Infra
from models import MediaFile
from services.media.picture_of import picture_of
from services.media.rules import Picture, Upload, is_name
from services.media.store_picture import store_picture
from services.shared.errors import InvalidInput

_AT_ONCE: Final = 500


async def copy_pictures(infra: Infra, names: Collection[str], folder: Path) -> list[str]:
    """Write the pictures into a folder, each under its name; one that is there is the same already. Returns those
    whose files are lost. Errors: StoreUnavailable, OSError."""
    lost: list[str] = []
    for name in sorted(names):
        target = folder / name
        if target.exists():
            continue
        size = await infra.blobs.size(name)
        if size is None:
            lost.append(name)
            continue
        content = b"".join([piece async for piece in infra.blobs.read(name, 0, size)])
        await asyncio.to_thread(_write, target, content)
    return lost


def names_in(folder: Path) -> frozenset[str]:
    """Returns the pictures in a folder; empty when it is not there."""
    return (
        frozenset(path.name for path in folder.iterdir() if is_name(path.name)) if folder.is_dir() else frozenset()
    )


async def bring_pictures(infra: Infra, names: Collection[str], folder: Path) -> list[str]:
    """Store the pictures of a folder that the shop has not, as they are: they keep their names. Returns those that
    are no pictures, or not what their names say. Errors: TryAgain, StoreUnavailable, OSError."""
    missing = sorted(set(names) - await _known(infra, names))
    bad: list[str] = []
    for name in missing:
        content = await asyncio.to_thread((folder / name).read_bytes)
        picture = await _picture(name, content)
        if picture is None:
            bad.append(name)
        else:
            await store_picture(infra, picture)
    return bad


async def _known(infra: Infra, names: Collection[str]) -> set[str]:
    ordered, found = sorted(names), set[str]()
    async with infra.database.read() as session:
        for start in range(0, len(ordered), _AT_ONCE):
            some = MediaFile.name.in_(ordered[start : start + _AT_ONCE])
            found |= set(await session.scalars(select(MediaFile.name).where(some, MediaFile.doomed_at.is_(None))))
    return found


async def _picture(name: str, content: bytes) -> Picture | None:
    """The content is what the name says, to the bit; size and thumbnails are made anew."""
    if hashlib.sha256(content).hexdigest() != name.partition(".")[0]:
        return None
    try:
        made = await picture_of(Upload(io.BytesIO(content), len(content)))
    except InvalidInput:
        return None
    if made.name.rpartition(".")[2] != name.rpartition(".")[2]:
        return None
    return Picture(name, content, made.width, made.height, made.thumbnails)


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    part.replace(target)
