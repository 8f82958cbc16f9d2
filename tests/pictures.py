"""Files to upload."""

import io

from PIL import Image


def jpeg(width: int = 600, height: int = 300) -> bytes:
    return _encoded(width, height, "JPEG")


def png(width: int = 600, height: int = 300) -> bytes:
    return _encoded(width, height, "PNG")


def _encoded(width: int, height: int, kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(file, kind)
    return file.getvalue()
