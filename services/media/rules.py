"""What is taken as an image, and in which sizes it is shown. Pure."""

from typing import Final

MAX_SIDE: Final = 10_000
# 100 MB while it is decoded, whatever the file's own size.
MAX_PIXELS: Final = 25_000_000
THUMBNAILS: Final = (160, 480, 1024)
"""The longest side of each, in pixels."""

NOT_AN_IMAGE: Final = "must be a JPEG, PNG, WebP, GIF or AVIF image"


def size_problem(width: int, height: int) -> str | None:
    """What is wrong with an image of these pixels."""
    if width < 1 or height < 1:
        return "has no pixels"
    if max(width, height) > MAX_SIDE:
        return f"is {width} by {height} pixels; at most {MAX_SIDE} on each side"
    if width * height > MAX_PIXELS:
        return f"has {width * height:,} pixels; at most {MAX_PIXELS:,}"
    return None


def thumbnail_sizes(width: int, height: int) -> list[int]:
    """Those that are smaller than the image itself."""
    return [size for size in THUMBNAILS if size < max(width, height)]


def fit(width: int, height: int, size: int) -> tuple[int, int]:
    """Width and height with the longest side ``size``, in the image's proportions."""
    longest = max(width, height)
    return max(1, round(width * size / longest)), max(1, round(height * size / longest))
