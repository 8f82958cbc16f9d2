"""The servers that a benchmark runs on."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.processes import ROOT
from infra.migrations import upgrade
from infra.stack import Stack
from settings import Settings

Echo = Callable[[str], None]


@contextmanager
def stores(echo: Echo) -> Iterator[Settings]:
    """Servers of the benchmark's own, or those that the environment names: a database that is its own, migrated
    and empty. ``home`` is a temporary folder, also for the logs of what is started."""
    folder = Path(tempfile.mkdtemp(prefix="rushcart-bench-"))
    try:
        stack = Stack.up(folder, echo=echo, kafka_cache=ROOT / ".rushcart" / "kafka", dies_with_parent=True)
        try:
            with _environment({**stack.env(), "RUSHCART_HOME": str(folder), "RUSHCART_LOG_LEVEL": "warning"}):
                settings = Settings()
                upgrade(settings)
                yield settings
        finally:
            stack.down(purge=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """For the child processes."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
