"""Who looks for a verb of the business finds it by its file's name; what verbs of a room share has four names."""

import ast
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = ROOT / "services"
SHARED: Final = {"__init__", "rules", "rows", "views", "keys"}
"""What may be, what is stored, what is shown, and what things are called in Redis or in an index."""
MOST_LINES: Final = 300

GROUND: Final = {"shared", "money"}
"""Rooms that have no verbs: all of it is for those above."""
OTHERS: Final = {
    "flash_sale/states.py": "a table of what may follow what, which imports nothing",
    "checkout/steps.py": "the acts of one saga, in the order of its plan",
    "stock/order_steps.py": "the acts of an order, each in the transaction of what goes with it",
}


def files() -> list[str]:
    return sorted(str(path.relative_to(SERVICES)) for path in SERVICES.rglob("*.py"))


def names_of(path: Path) -> set[str]:
    """Returns what the file defines: functions as they are, classes as a file would be called for them."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found.add("".join(f"_{c.lower()}" if c.isupper() else c for c in node.name).lstrip("_"))
    return found


def has_its_name(file: str) -> bool:
    """Whether it is a verb (or a thing) of its file's name, or one of the four.

    A folder within a room is for something foreign, such as a provider or a format, and has names of its own.
    """
    path = SERVICES / file
    room, *within = Path(file).parts
    return room in GROUND or len(within) != 1 or path.stem in SHARED or path.stem in names_of(path)


@pytest.mark.parametrize("file", files())
def test_a_file_is_a_verb_or_one_of_four(file: str) -> None:
    assert has_its_name(file) != (file in OTHERS), f"{file} has nothing of its name, nor is it one of {SHARED}"
    assert len((SERVICES / file).read_text().splitlines()) < MOST_LINES


def test_the_exceptions_are_there() -> None:
    assert OTHERS.keys() <= set(files())
