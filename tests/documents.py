"""What the documents show: commands, GraphQL, files."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE: Final = re.compile(r"`(?:\.venv/bin/)?(rushcart(?: [^`\n]+|\n[^`]+)?)`")
_LINE: Final = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(rushcart .*)$", re.MULTILINE)
_FILE: Final = re.compile(r"<!-- file: (\S+) -->\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


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
