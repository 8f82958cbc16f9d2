"""Programs for tests that are Go modules: each is built once, for this clone."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.waiting import until_true

_CACHE: Final = Path(__file__).resolve().parents[1] / ".rushcart" / "go"
BUILDING: Final = 900.0
"""Seconds for tests that may be the first to need one: a build takes minutes on two busy processors."""


def built(module: str) -> Path:
    """Of ``module``, PATH@VERSION. Skips the test where there is no Go, unless CI is set."""
    path, _, version = module.rpartition("@")
    name = path.rpartition("/")[2]
    program = _CACHE / version / name
    if program.exists():
        return program
    if shutil.which("go") is None:
        reason = f"{name}, which this test talks to, is built with go, and there is none"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    _build(module, program)
    return program


def _build(module: str, program: Path) -> None:
    """By one at a time: the other part of the suite may need the same."""
    program.parent.mkdir(parents=True, exist_ok=True)
    with program.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            environment = {**os.environ, "GOBIN": str(program.parent), "GOFLAGS": "", "CGO_ENABLED": "0"}
            subprocess.run(["go", "install", module], env=environment, check=True, capture_output=True)


def wait_until_it_answers(url: str) -> None:
    def answers() -> bool:
        try:
            httpx.get(url)
        except httpx.TransportError:
            return False
        return True

    until_true(answers, f"{url} answers", within=20)
