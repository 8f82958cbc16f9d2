"""What the documents show: commands, GraphQL, files."""

import ast
import io
import re
import shlex
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`(?:\.venv/bin/)?(rushcart(?: [^`\n]+|\n[^`]+)?)`")
_LINE: Final = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(rushcart .*)$", re.MULTILINE)
_FILE: Final = re.compile(r"<!-- file: (\S+) -->\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_TOPS: Final = (
    "alembic", "benchmarks", "chaos", "cli", "dataloaders", "deploy", "docs", "examples", "graphql_api", "infra",
    "models", "resolvers", "server", "services", "settings", "tasks", "tests",
)  # fmt: skip
# Not within a longer path or an address.
_PATH: Final = re.compile(rf"(?<![\w./:<>{{}}-])(?:{'|'.join(_TOPS)})/[\w./-]*\w")
_MODULE: Final = re.compile(rf"(?<![\w./:-])(?:{'|'.join(_TOPS)})(?:\.[a-z_]+){{2,}}")
_AFTER_HASH: Final = re.compile(r"#.*")
_NAME: Final = re.compile(r"`([a-z_]\w*\.(?:py|lua))`")


def documents() -> list[Path]:
    """All but the changelog, which tells of what was so then."""
    here = [path for path in sorted(ROOT.glob("*.md")) if path.name != "CHANGELOG.md"]
    return [*here, *sorted((ROOT / "docs").rglob("*.md"))]


def files_named() -> Iterator[tuple[str, str]]:
    """Where one of our files or modules is named, in documents, docstrings and comments, and how."""
    for path in (*documents(), *sources("*.py"), *sources("*.lua"), *sources("*.y*ml")):
        where = str(path.relative_to(ROOT))
        for text in _prose(path):
            yield from ((where, found) for found in _named(text))


def _named(text: str) -> list[str]:
    return [found for pattern in (_PATH, _MODULE, _NAME) for found in pattern.findall(text)]


def sources(pattern: str) -> list[Path]:
    return sorted(path for top in _TOPS for path in (ROOT / top).rglob(pattern))


def _prose(path: Path) -> Iterator[str]:
    """Of Python what is meant for people; of others all."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield text
        return
    if any(map(_named, _AFTER_HASH.findall(text))):  # few files: to take one to pieces is slow
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        yield from (token.string for token in tokens if token.type == tokenize.COMMENT)
    for node in ast.walk(ast.parse(text)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


def commands() -> set[str]:
    """Every ``rushcart …`` that a document shows, without comments; tables of commands are made from the code."""
    found = {_plain(text) for path in documents() for text in _shown(path.read_text(encoding="utf-8"))}
    return {command for command in found if len(command.split()) > 1}


def _shown(text: str) -> Iterator[str]:
    yield from _INLINE.findall(_FENCE.sub("", text))
    for language, block in _FENCE.findall(text):
        if language in ("", "sh"):
            yield from _LINE.findall(block)


def _plain(command: str) -> str:
    return shlex.join(shlex.split(command.replace("\n", " "), comments=True))


def graphql_blocks() -> list[tuple[str, str]]:
    """The document's name and what it asks."""
    found = ((path.name, _FENCE.findall(path.read_text(encoding="utf-8"))) for path in documents())
    return [(name, block) for name, blocks in found for language, block in blocks if language == "graphql"]


def files_of(document: str) -> dict[str, str]:
    """Files that it shows whole."""
    return dict(_FILE.findall((ROOT / "docs" / document).read_text(encoding="utf-8")))
