"""The records of a file of cells, each with the line it starts on: commas, semicolons or tabs. Pure but for the
stream."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Final, TextIO

MOST_CELL: Final = 16 * 1024 * 1024
_DELIMITERS: Final = ",;\t"
_QUOTED = re.compile(r'"[^"]*"')
_NAMED_DELIMITER = re.compile(r"sep=(.)[\r\n]*", re.IGNORECASE)
"""The first line of files that a spreadsheet is to take apart at this character."""


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    message: str


class Records:
    """The records that are not blank; read once. ``fault``: why nothing can be read from there on.

    The stream is opened with ``newline=""`` and ``errors="surrogateescape"``.
    """

    def __init__(self, stream: TextIO) -> None:
        self.fault: Fault | None = None
        first = next(stream, "").removeprefix("\ufeff")
        named = _NAMED_DELIMITER.fullmatch(first)
        self._skipped = 1 if named else 0
        heading = next(stream, "") if named else first
        self.delimiter = named[1] if named and named[1] in _DELIMITERS else _likeliest(heading)
        self._reader = csv.reader(chain([heading], stream), strict=True, delimiter=self.delimiter)
        self._records = self._numbered()

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        while (found := self.next()) is not None:
            yield found

    def next(self) -> tuple[int, list[str]] | None:
        """Returns the line and the cells of the next record, None at the end."""
        with _large_cells():
            return next(self._records, None)

    def _numbered(self) -> Iterator[tuple[int, list[str]]]:
        line = 1 + self._skipped
        try:
            for record in self._reader:
                if any(record):
                    yield line, record
                line = self._reader.line_num + 1 + self._skipped
        except csv.Error as error:
            # Where the next row would start is anyone's guess, so this is the end of the reading.
            self.fault = Fault(line, f"cannot be read, nor what follows: {error}")
        except UnicodeDecodeError:
            self.fault = Fault(line, "is not UTF-8 text")


def _likeliest(heading: str) -> str:
    """Returns what a heading is taken apart at: a spreadsheet in German writes semicolons."""
    bare = _QUOTED.sub("", heading)
    return max(_DELIMITERS, key=bare.count)


@contextmanager
def _large_cells() -> Iterator[None]:
    """The csv module's own limit of 128 KiB would end the reading instead of naming the cell."""
    before = csv.field_size_limit(MOST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)
