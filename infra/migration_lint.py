"""Which migrations servers of the release before do not survive: expand first, contract a release later.

Looks at the code of ``upgrade`` without running it. docs/migrations.md has the rules and why.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FIRST: Final = "0022"
"""Revisions up to this one are of before the first release: nobody ran beside them."""
_TAKES_AWAY: Final = {
    "drop_table": "drops a table",
    "drop_column": "drops a column",
    "rename_table": "renames a table",
    "create_unique_constraint": "allows less than before",
    "create_check_constraint": "allows less than before",
}


def lint_migration(path: Path) -> list[str]:
    """Returns a line for each problem, ``FILE:LINE: PROBLEM``. Errors: SyntaxError."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    names = dict(_constants(tree))
    if str(names.get("revision", "")) <= FIRST:
        return []
    contracts = names.get("contracts")
    found: list[str] = []
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name == "upgrade":
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            found += [
                f"{path.name}:{call.lineno}: {text}" for call in calls for text in _problems(call, contracts)
            ]
            if contracts and "schema_support" not in path.read_text(encoding="utf-8"):
                found.append(f"{path.name}:1: contracts, and does not move schema_support.oldest on")
    return found


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _problems(call: ast.Call, contracts: object) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name in _TAKES_AWAY and not contracts:
        yield f'{_TAKES_AWAY[name]}, which servers of before may use; say why not: contracts = "..."'
    if name == "alter_column" and not contracts and {"new_column_name", "type_", "nullable"} & _keywords(call):
        yield 'changes a column under servers of before; say why that is well: contracts = "..."'
    if name == "add_column" and _is_demanding(call):
        yield "adds a column that servers of before do not fill: make it nullable, or give it a server_default"
    if name == "execute" and _is_whole_table(call):
        yield "changes every row in one transaction: fill in batches, from a worker or a command"


def _keywords(call: ast.Call) -> set[str | None]:
    return {keyword.arg for keyword in call.keywords}


def _is_demanding(call: ast.Call) -> bool:
    columns = [node for node in ast.walk(call) if isinstance(node, ast.Call) and node is not call]
    for column in columns:
        if isinstance(column.func, ast.Attribute) and column.func.attr == "Column":
            given = {keyword.arg: keyword.value for keyword in column.keywords}
            nullable = given.get("nullable")
            must = isinstance(nullable, ast.Constant) and nullable.value is False
            return must and "server_default" not in given
    return False


def _is_whole_table(call: ast.Call) -> bool:
    text = " ".join(
        str(node.value)
        for node in ast.walk(call)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ).upper()
    return text.startswith(("UPDATE ", "DELETE ")) and "SCHEMA_SUPPORT" not in text
