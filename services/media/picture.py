"""What becomes of an upload."""

from dataclasses import dataclass


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
