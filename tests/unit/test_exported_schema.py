"""The files of the schema are what the code has."""

import json
import runpy
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


def test_the_client_for_typescript_knows_which_inputs_take_a_key() -> None:
    client = ROOT / "clients" / "typescript"
    written = runpy.run_path(str(client / "write_keyed.py"))["keyed"](exported())
    assert (client / "src" / "keyed.ts").read_text() == written, "run `make schema`"
    assert '  "PlaceFlashOrderInput",\n' in written
