"""From pixels to files: the image itself and its thumbnails. Runs in a process of its own."""

import hashlib
import io
from typing import BinaryIO, Final

from PIL import Image

from services.media import rules
from services.media.decode import decode
from services.media.rules import Picture

# Of what was lossless stays so, and of the rest what every browser shows: AVIF is slow to make.
_ENCODINGS: Final[dict[str, tuple[str, str, dict[str, object]]]] = {
    "JPEG": ("jpg", "JPEG", {"quality": 90, "optimize": True, "progressive": True}),
    "PNG": ("png", "PNG", {}),
    "GIF": ("png", "PNG", {}),
    "WEBP": ("webp", "WEBP", {"quality": 90}),
    "AVIF": ("webp", "WEBP", {"quality": 90}),
}
_THUMBNAIL: Final[dict[str, object]] = {"quality": 80}


def render(file: BinaryIO) -> Picture:
    """Errors: BadImage."""
    kind, image = decode(file)
    extension, encoder, options = _ENCODINGS[kind]
    content = _encode(image, encoder, options)
    sizes = rules.thumbnail_sizes(*image.size)
    return Picture(
        name=f"{hashlib.sha256(content).hexdigest()}.{extension}",
        content=content,
        width=image.width,
        height=image.height,
        thumbnails={size: _thumbnail(image, size) for size in sizes},
    )


def _thumbnail(image: Image.Image, size: int) -> bytes:
    small = image.resize(rules.fit(*image.size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return _encode(small, "WEBP", _THUMBNAIL)


def _encode(image: Image.Image, encoder: str, options: dict[str, object]) -> bytes:
    file = io.BytesIO()
    image.save(file, encoder, **options)
    return file.getvalue()
