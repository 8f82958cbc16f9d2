"""The rows that an import left out, as a file to be mended and read again: why is in its last column."""

import csv
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Final, TextIO

from services.catalog.shopify.records import Records

PROBLEM: Final = "Problem"


def write_left_out(
    opened: Callable[[], AbstractContextManager[TextIO]], reasons: Mapping[int, str], target: TextIO
) -> None:
    """Copy the records of a file that begin on these lines, each with the reason."""
    with opened() as stream:
        records = Records(stream)
        writer = csv.writer(target, delimiter=records.delimiter, lineterminator="\r\n")
        _, heading = records.next() or (1, [])
        kept = [place for place, name in enumerate(heading) if name.strip() != PROBLEM]
        writer.writerow([*(heading[place] for place in kept), PROBLEM])
        for line, record in records:
            if line in reasons:
                cells = [record[place] if place < len(record) else "" for place in kept]
                writer.writerow([*cells, *record[len(heading) :], reasons[line]])
