"""A file as it came in."""

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True, eq=False)
class Upload:
    """``file`` stands at its beginning. Its name and type are the client's word, and worth nothing."""

    file: BinaryIO
    size: int
