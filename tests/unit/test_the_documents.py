"""The documents are true: links, GraphQL, commands and their options."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from graphql import OperationDefinitionNode, parse, validate

from cli.main import rushcart
from graphql_api.schema import build_schema
from tests.documents import ROOT, commands, files_named, graphql_blocks, sources

SCHEMA = build_schema()._schema


def test_the_site_is_built_and_all_its_links_lead_somewhere(tmp_path: Path) -> None:
    tool = Path(sys.executable).with_name("mkdocs")
    ended = subprocess.run(
        [str(tool), "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "index.html").exists()


@pytest.mark.parametrize(("name", "block"), graphql_blocks(), ids=lambda text: text[:40])
def test_graphql_is_of_our_schema(name: str, block: str) -> None:
    document = parse(block)
    assert any(isinstance(definition, OperationDefinitionNode) for definition in document.definitions)
    problems = [error.message for error in validate(SCHEMA, document)]
    # Examples may show several operations without names.
    assert [text for text in problems if "anonymous operation" not in text] == [], name


@pytest.mark.parametrize("shown", sorted(commands()))
def test_there_is_such_a_command(shown: str) -> None:
    """With these options; what it is given may be a placeholder."""
    command: click.Command = rushcart
    context = click.Context(rushcart, info_name="rushcart")
    words = shown.split()[1:]
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no {shown}"
        command, words = found, words[1:]
        context = click.Context(command, info_name=command.name, parent=context)
    command.make_context(command.name or "", words, resilient_parsing=True)


def test_every_file_that_is_named_is_there() -> None:
    """In documents, docstrings and comments: whoever moves a file finds here who speaks of it."""
    names = {path.name for pattern in ("*.py", "*.lua") for path in sources(pattern)}
    named = list(files_named())
    assert len(named) > 200
    assert [f"{where} names {what}" for where, what in named if not is_there(what, names)] == []


def is_there(what: str, names: set[str]) -> bool:
    """A path, a file's name, or a module with what is in it."""
    if "/" in what:
        return (ROOT / what).exists() or (ROOT / f"{what}.py").exists()
    if what.endswith((".py", ".lua")):
        return what in names
    module = ROOT.joinpath(*what.split("."))
    return module.is_dir() or any(each.with_suffix(".py").is_file() for each in (module, module.parent))


@pytest.mark.parametrize(
    "what", ["services/order/nothing.py", "docs/nothing.md", "nothing_such.py", "services.order.nothing"]
)
def test_a_file_that_is_not_there_is_missed(what: str) -> None:
    assert not is_there(what, {"persist_orders.py"})
