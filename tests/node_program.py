"""Packages of npm's registry, for tests: those of package-lock.json, in the root's node_modules."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]


def need_npm() -> None:
    """Skip the test where there is none, unless CI is set: then it fails."""
    if shutil.which("npm") is None:
        reason = "this test needs Node 20.19 or newer, with npm"
        raise pytest.fail.Exception(reason) if os.environ.get("CI") else pytest.skip.Exception(reason)


def install() -> None:
    """Have the packages there; once, whoever asks at the same time."""
    need_npm()
    with (ROOT / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run("make", "--silent", "node_modules/.package-lock.json")


def run(*words: str, **variables: str) -> str:
    """Run a command in the root of the clone; it must go well. Returns what it prints."""
    environment = {**os.environ, "NO_COLOR": "1", **variables}
    ended = subprocess.run(
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    return ended.stdout
