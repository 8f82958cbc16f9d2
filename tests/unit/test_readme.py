"""The documents say what the code says."""

import re
from pathlib import Path

import pytest

from cli.docs import render
from tests.documents import documents

ROOT = Path(__file__).parents[2]
GENERATED = {
    "settings": "docs/settings.md",
    "commands": "docs/commands.md",
    "loops": "docs/operations.md",
    "order-states": "docs/order-pipeline.md",
}


@pytest.mark.parametrize(("part", "document"), GENERATED.items())
def test_generated_parts_are_up_to_date(part: str, document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert f"<!-- {part} -->\n" in text
    assert f"<!-- /{part} -->" in text
    assert render(text) == text, f"run `rushcart docs write {document}`"


def test_no_other_document_has_generated_parts() -> None:
    marked = [
        str(path.relative_to(ROOT))
        for path in documents()
        if any(f"<!-- {part} -->" in path.read_text(encoding="utf-8") for part in GENERATED)
    ]
    assert sorted(marked) == sorted(GENERATED.values())


def test_every_file_that_the_documents_link_to_is_there() -> None:
    for document in documents():
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
