"""What pre-commit runs is what `make lint` runs."""

from pathlib import Path
from typing import Final

import yaml

ROOT: Final = Path(__file__).parents[2]


def test_hooks_are_of_this_environment_and_of_make_lint() -> None:
    [repo] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    assert {hook["language"] for hook in repo["hooks"]} == {"system"}
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    run = {hook["entry"].replace(".venv/bin", "$(BIN)").removesuffix(" --fix") for hook in repo["hooks"]}
    linted = {line.strip().removesuffix(" .").removesuffix(" --check") for line in lint.splitlines()[1:]}
    assert run == linted
