"""The documents say what the code says."""

from pathlib import Path

from cli.docs import render
from tests.documents import documents

ROOT = Path(__file__).parents[2]


def test_generated_parts_of_the_readme_are_up_to_date() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert render(text) == text, "run `rushcart docs write README.md`"


def test_every_file_that_the_documents_link_to_is_there() -> None:
    import re

    for document in documents():
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
