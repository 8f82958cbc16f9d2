"""The files of the schema are what the code has."""

import json
from pathlib import Path

from cli.schema import exported, exported_possible_types

ROOT = Path(__file__).parents[2]


def test_the_schema_is_current() -> None:
    assert (ROOT / "schema.graphql").read_text(encoding="utf-8") == exported(), "run `make schema`"


def test_possible_types_are_current() -> None:
    text = (ROOT / "possible-types.json").read_text(encoding="utf-8")
    assert text == exported_possible_types(), "run `make schema`"
    known = json.loads(text)
    assert {"OutOfStock", "InvalidInput"} <= set(known["Error"])
    assert {"Order", "OutOfStock"} <= set(known["PlaceFlashOrderResult"])
