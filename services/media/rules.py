"""Images: what a file may be, what becomes of it, what it is called and where clients fetch it. Pure.

An image is named by the SHA-256 of its content, its thumbnails by the image and their size; so what stands under a
name never changes.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:  # what renders pictures starts for each, and needs no settings
    from settings import Settings

MAX_SIDE: Final = 10_000
# 100 MB while it is decoded, whatever the file's own size.
MAX_PIXELS: Final = 25_000_000
THUMBNAILS: Final = (160, 480, 1024)
"""The longest side of each, in pixels."""

NOT_AN_IMAGE: Final = "must be a JPEG, PNG, WebP, GIF or AVIF image"


def size_problem(width: int, height: int) -> str | None:
    """Returns what is wrong with an image of these pixels."""
    if width < 1 or height < 1:
        return "has no pixels"
    if max(width, height) > MAX_SIDE:
        return f"is {width} by {height} pixels; at most {MAX_SIDE} on each side"
    if width * height > MAX_PIXELS:
        return f"has {width * height:,} pixels; at most {MAX_PIXELS:,}"
    return None


def thumbnail_sizes(width: int, height: int) -> list[int]:
    """Returns the sizes that are smaller than the image itself."""
    return [size for size in THUMBNAILS if size < max(width, height)]


def fit(width: int, height: int, size: int) -> tuple[int, int]:
    """Returns width and height with the longest side ``size``, in the image's proportions."""
    longest = max(width, height)
    return max(1, round(width * size / longest)), max(1, round(height * size / longest))


PATH: Final = "/media"
TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_NAME = re.compile(r"[0-9a-f]{64}(?:-\d{2,4})?\.(?:jpg|png|webp)", re.ASCII)


def is_name(text: str) -> bool:
    """Returns whether a file could have this name."""
    return _NAME.fullmatch(text) is not None


def thumbnail_name(name: str, size: int) -> str:
    return f"{name.partition('.')[0]}-{size}.webp"


def content_type(name: str) -> str:
    return TYPES[name.rpartition(".")[2]]


def url_of(settings: "Settings", name: str, base_url: str = "") -> str:
    """Returns the image's URL: where a setting says that clients reach us, else at ``base_url``."""
    base = settings.media_url or f"{settings.public_url or base_url}{PATH}"
    return f"{base}/{name}"


class BadImage(ValueError):
    """The message is for who sent the file."""


@dataclass(frozen=True, slots=True)
class Picture:
    """``name`` is the SHA-256 of ``content`` and an extension; ``thumbnails`` go by their longest side."""

    name: str
    content: bytes
    width: int
    height: int
    thumbnails: dict[int, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """``file`` stands at its beginning. Its name and type are the client's word, and worth nothing."""

    file: BinaryIO
    size: int
