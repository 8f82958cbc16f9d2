"""All of the code and of the tests is compiled by one process, not by every worker on its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.running.stacks import ROOT

_FOLDERS: Final = ("unit", "integration", "e2e", "chaos")
_COMMAND: Final = (sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider")


@contextmanager
def compiled() -> Iterator[None]:
    """In a fresh clone, do so beside what is done meanwhile. What is wrong in a test, the workers find again."""
    if all((ROOT / "tests" / folder / "__pycache__").exists() for folder in _FOLDERS):
        yield
        return
    ours = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    silent = subprocess.DEVNULL
    process = subprocess.Popen(_COMMAND, cwd=ROOT, env=ours, stdin=silent, stdout=silent, stderr=silent)
    try:
        yield
        process.wait()
    finally:
        process.kill()
        process.wait()
