"""The finds have the form that findings/README.md states. They are run by people, not here."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
_PINNED = re.compile(r"'([a-z0-9-]+)==([0-9][0-9a-z.]*)'|(?<= )([a-z0-9-]+)@([0-9][0-9.]*)")
_INSTALL = re.compile(r"(?:pip\"|npm) install (?:--[a-z-]+ )+(?:\\\n  )?([^\n]+)\n")
_HOST = re.compile(
    r"\b[\w-]+\.(?:com|org|net|io|dev|cn|de)\b|https?://|(?<!sqlite)://(?!127\.0\.0\.1)|/home/|/tmp/|/root/|\w@[a-z]+\."
)


def head(script: Path) -> str:
    """The comments at its top, as one text."""
    lines = script.read_text().splitlines()[1:]
    end = next(place for place, line in enumerate(lines) if not line.startswith("#"))
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines[:end])


def installed(script: Path) -> dict[str, str]:
    """Versions by package."""
    found = _PINNED.findall(script.read_text())
    return {python or node: version or other for python, version, node, other in found}


def test_nothing_else_is_there() -> None:
    assert len(SCRIPTS) >= 6
    assert {path.name for path in FOLDER.iterdir()} == {"README.md", *(path.name for path in SCRIPTS)}


def test_the_readme_has_a_row_for_each() -> None:
    rows = re.findall(r"^\| `([^`]+\.sh)` \| ([^|]+) \| [^|]{20,} \|$", (FOLDER / "README.md").read_text(), re.M)
    assert [name for name, _ in rows] == [path.name for path in SCRIPTS]
    for name, packages in rows:
        for package, version in re.findall(r"([a-z0-9-]+) ([0-9][0-9a-z.]*)", packages):
            assert installed(FOLDER / name)[package] == version


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_its_form(script: Path) -> None:
    text = script.read_text()
    assert os.access(script, os.X_OK)
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert '\nset -euo pipefail\n\nwork="$(mktemp -d)"\ntrap \'rm -rf "$work"\' EXIT\n' in text
    assert re.search(r'\[ "\$seen" = "\$expected" \] \|\| \{\n.*\n  exit 1\n\}\n\Z', text)
    says = head(script)
    assert re.search(r"^Expected: ", says, re.M)
    assert re.search(r"^Seen: ", says, re.M)
    assert _HOST.findall(text) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_its_packages_are_pinned_and_named_at_its_top(script: Path) -> None:
    [packages] = re.findall(
        r"(?:pip\" install|npm install) ((?:--[a-z-]+ )+)(?:\\\n  )?([^\n]+)\n", script.read_text()
    )
    versions = installed(script)
    assert len(packages[1].split()) == len(versions) > 0
    assert any(name in head(script) and version in head(script) for name, version in versions.items())


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="there is no shellcheck")
def test_shellcheck_has_nothing_to_say() -> None:
    ended = subprocess.run(["shellcheck", *SCRIPTS], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "")
