"""Packages of one's own in ``examples/``, installed beside the shop by the commands of their documents."""

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.documents import ROOT


@dataclass(frozen=True, slots=True)
class Documented:
    """What a document shows: how to install the package, the variables, and the command that is run with them."""

    install: list[str]
    given: dict[str, str]
    command: list[str]

    @classmethod
    def read(cls, name: str) -> Self:
        """Read the two lines of the only block for a shell in a file of the documents."""
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        [block] = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        install, run = (shlex.split(line) for line in block.replace("\\\n", "").splitlines())
        given = [word.partition("=") for word in run if "=" in word]
        return cls(install, {name: value for name, _, value in given}, run[len(given) :])

    def installed(self, folder: Path) -> str:
        """Install it; nothing is fetched, and our own environment stays as it is. Returns the folder's path."""
        assert self.install[:2] == ["pip", "install"]
        offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(folder)]
        subprocess.run([sys.executable, "-m", *self.install, *offline], cwd=ROOT, check=True, capture_output=True)
        return str(folder)
