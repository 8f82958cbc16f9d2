"""Names of files, and where clients fetch them. Pure.

An image is named by the SHA-256 of its content, its thumbnails by the image and their size; so what stands under a
name never changes.
"""

import re
from typing import Final

from settings import Settings

PATH: Final = "/media"
TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
_NAME = re.compile(r"[0-9a-f]{64}(?:-\d{2,4})?\.(?:jpg|png|webp)", re.ASCII)


def is_name(text: str) -> bool:
    """Whether a file could have this name."""
    return _NAME.fullmatch(text) is not None


def thumbnail_name(name: str, size: int) -> str:
    return f"{name.partition('.')[0]}-{size}.webp"


def content_type(name: str) -> str:
    return TYPES[name.rpartition(".")[2]]


def url_of(settings: Settings, name: str) -> str:
    """Absolute where a setting says how clients reach us, else a path: never what a request's Host header says."""
    base = settings.media_url or f"{settings.public_url or ''}{PATH}"
    return f"{base}/{name}"
