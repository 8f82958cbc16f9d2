"""A docstring says what a function does, and what it returns begins with "Returns": never a bare noun clause.

"None when there is none." or "The user whom the token names." leave a reader to guess what is returned, and what
is done for it. What a property or a class is, its docstring may say.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "dataloaders",
    "graphql_api",
    "infra",
    "models",
    "resolvers",
    "server",
    "services",
    "settings",
    "tasks",
)
# What no order begins with. Names in ``backticks`` neither.
OPENERS = re.compile(
    r"""(``|(a|after|all|also|an|and|as|at|behind|both|by|each|every|everything|false|for|from|half|how|in|instead
    |into|it|its|nobody|none|not|nothing|of|on|once|one|only|over|since|so|the|their|these|they|this|those|three
    |trimmed|true|twice|two|under|until|what|when|where|whether|which|while|who|whoever|whom|whose|why|with|within
    |without)\b)""",
    re.VERBOSE | re.IGNORECASE,
)


def docstrings(source: str) -> Iterator[tuple[str, str]]:
    """Yields name and docstring of each public function that is no property, also in classes, not in functions."""
    nodes: list[ast.AST] = list(ast.parse(source).body)
    for node in nodes:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            nodes += node.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node)
            if text and not any("property" in ast.unparse(each) for each in node.decorator_list):
                yield node.name, text


def is_bare(text: str) -> bool:
    """Returns whether it begins with what is no verb."""
    return OPENERS.match(text) is not None


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_begin_with_what_is_done(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name}: {text.splitlines()[0]}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name, text in docstrings(path.read_text(encoding="utf-8"))
        if is_bare(text)
    ]
    assert found == []


def test_a_bare_clause_is_found() -> None:
    source = '''
class Shop:
    @property
    def name(self):
        """The name."""

    def find(self):
        """None when there is none."""

    def sell(self):
        """Sell one. Returns what is left."""

    def _look(self):
        """What is left."""
'''
    assert [name for name, text in docstrings(source) if is_bare(text)] == ["find"]
