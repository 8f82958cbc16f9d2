"""What a file is, by its first bytes. Pure."""

from typing import Final

HEAD: Final = 64
"""Bytes that are enough to tell."""

_AVIF_BRANDS: Final = (b"avif", b"avis")


def sniff(head: bytes) -> str | None:
    """Returns Pillow's name of the format; None for whatever is not taken (SVG, HEIC, TIFF, a page, a program)."""
    if head.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    return "AVIF" if _is_avif(head) else None


def _is_avif(head: bytes) -> bool:
    """Returns whether it has the brand, or for files that begin with another (mif1) one of the compatible ones
    (AV1 Image File Format, 2.1)."""
    if head[4:8] != b"ftyp":
        return False
    end = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))]
    return any(brand in _AVIF_BRANDS for brand in brands)
