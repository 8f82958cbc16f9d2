"""Shopify's inventory CSV: how many of each variant are at each location. Pure but for the stream.

https://help.shopify.com/en/manual/products/inventory/inventory-csv - a row a variant and location, or, in its
older form, a column a location.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from services.catalog.rules import slug_of
from services.catalog.shopify.check_shopify_csv import Opener
from services.catalog.shopify.records import Records
from services.catalog.shopify.rows import RowProblem, shown
from services.shared.asked import units_problem
from services.shared.texts import normal_sku

_LOCATION: Final = "location"
_ON_HAND: Final = ("on hand (new)", "on hand", "on hand (current)")
_AVAILABLE: Final = ("available", "available (not editable)")
_OPTIONS: Final = ("option1 value", "option2 value", "option3 value")
_CUSTOMS: Final = frozenset({"hs code", "coo"})
_KNOWN: Final = frozenset(
    {
        *("handle", "title", "sku", "bin name", _LOCATION, *_OPTIONS, *_ON_HAND, *_AVAILABLE, *_CUSTOMS),
        *("option1 name", "option2 name", "option3 name"),
        *(
            f"{kind}{rest}"
            for kind in ("incoming", "unavailable", "committed")
            for rest in ("", " (not editable)")
        ),
    }
)
_NOT_STOCKED: Final = "not stocked"
_DEFAULT: Final = "Default Title"
_NUMBER = re.compile(r"-?[0-9]{1,12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stocked:
    """``units`` of a variant at a location; ``of_available``: of what can be ordered, not of what is on hand."""

    line: int
    handle: str
    options: tuple[str, ...]
    sku: str
    location: str
    units: int
    of_available: bool


@dataclass(frozen=True, slots=True)
class InventoryFile:
    """``below_zero``: rows of what was sold and is not there; their units are 0."""

    rows: tuple[Stocked, ...]
    problems: tuple[RowProblem, ...]
    below_zero: int


def is_inventory(opened: Opener) -> bool:
    """Tell an inventory file from one of products, by its heading."""
    with opened() as stream:
        names = _names(Records(stream))
    units = names & {*_ON_HAND, *_AVAILABLE}
    return "variant price" not in names and bool((_LOCATION in names and units) or names >= _CUSTOMS)


def read_inventory(opened: Opener) -> InventoryFile:
    """Read the file whole. Cells that are empty, or say that nothing is stocked there, are left out; of the newer
    form what is on hand now counts only in a file that nobody has filled in."""
    with opened() as stream:
        records = Records(stream)
        _, own = records.next() or (1, [])
        heading = [name.strip() for name in own]
        names = [name.lower() for name in heading]
        found = [(line, dict(zip(names, map(str.strip, record), strict=False))) for line, record in records]
    problems: list[RowProblem] = []
    if records.fault:
        problems.append(RowProblem(records.fault.line, "", records.fault.message))
    rows = [row for cell in _cells(heading, found) if (row := _stocked(cell, problems)) is not None]
    below = sum(row.units < 0 for row in rows)
    sold_out = (replace(row, units=max(0, row.units)) for row in rows)
    return InventoryFile(tuple(sold_out), tuple(problems), below)


def _names(records: Records) -> set[str]:
    _, heading = records.next() or (1, [])
    return {name.strip().lower() for name in heading}


@dataclass(frozen=True, slots=True)
class _Cell:
    line: int
    row: Mapping[str, str]
    location: str
    column: str
    text: str


def _cells(heading: Sequence[str], rows: Sequence[tuple[int, Mapping[str, str]]]) -> Iterator[_Cell]:
    names = {name.lower(): name for name in heading}
    if _LOCATION in names:
        units = [name for name in (*_ON_HAND, *_AVAILABLE) if name in names]
        column = next((name for name in units if any(row.get(name) for _, row in rows)), "")
        for line, row in rows:
            yield _Cell(line, row, row.get(_LOCATION, ""), names.get(column, ""), row.get(column, ""))
        return
    places = [name for name in heading if name and name.lower() not in _KNOWN]
    for line, row in rows:
        for place in places:
            yield _Cell(line, row, place, place, row.get(place.lower(), ""))


def _stocked(cell: _Cell, problems: list[RowProblem]) -> Stocked | None:
    if not cell.text or cell.text.lower() == _NOT_STOCKED:
        return None
    problem = None if _NUMBER.fullmatch(cell.text) else f"{shown(cell.text)} must be a whole number"
    units = 0 if problem else int(cell.text)
    if problem := problem or units_problem(max(units, 0), least=0):
        problems.append(RowProblem(cell.line, cell.column, problem))
        return None
    row = cell.row
    options = tuple(text for name in _OPTIONS if (text := row.get(name, "")) and text != _DEFAULT)
    of_available = cell.column.lower() not in _ON_HAND
    handle, sku = slug_of(row.get("handle", "")).lower(), normal_sku(row.get("sku", ""))
    return Stocked(cell.line, handle, options, sku, cell.location, units, of_available)
