"""The pictures of the demo catalog, as they lie in the package: small ones too, so a start only reads them."""

import hashlib
from pathlib import Path
from typing import Final

from services.media.rules import Picture, thumbnail_sizes

FOLDER: Final = Path(__file__).parent / "pictures"
SIDE: Final = 480
"""Pixels; all are squares."""
_MOST: Final = 2


def file_name(slug: str, number: int, size: int = SIDE) -> str:
    """Returns the name of a product's picture, from 1; ``size`` is the longest side."""
    return f"{slug}.{number}.{size}.webp"


def pictures_of(slug: str) -> list[Picture]:
    """Returns a product's pictures in their order."""
    return [_read(slug, number) for number in range(1, _MOST + 1) if (FOLDER / file_name(slug, number)).exists()]


def _read(slug: str, number: int) -> Picture:
    content = (FOLDER / file_name(slug, number)).read_bytes()
    return Picture(
        name=f"{hashlib.sha256(content).hexdigest()}.webp",
        content=content,
        width=SIDE,
        height=SIDE,
        thumbnails={
            size: (FOLDER / file_name(slug, number, size)).read_bytes() for size in thumbnail_sizes(SIDE, SIDE)
        },
    )
