"""A MariaDB or MySQL of a test's own, on a free port, brought into trouble at will."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from infra.ports import free_port
from infra.processes import ProcessId, spawn
from infra.stack.database import DatabaseRecipe
from infra.stack.errors import MissingServer
from infra.stack.probes import NotAnswering, probe
from infra.stack.runner import Job
from infra.stack.state import Record
from tests.waiting import until_true


@contextmanager
def database_server(folder: Path) -> Iterator[str]:
    """Start one in ``folder``, which skips where there is none; yields the address of an empty database."""
    recipe, record = DatabaseRecipe(), Record("machine", port=free_port())
    try:
        recipe.find()
    except MissingServer as error:
        pytest.skip(str(error))
    recipe.prepare(Job("database", record, save=_nothing, echo=_silent, cancelled=threading.Event()), folder)
    keeper = spawn(recipe.command(record, folder), log=folder / "database.log", cwd=folder, dies_with_parent=True)
    process = ProcessId.of(keeper.pid)
    url = recipe.url(record)
    try:
        until_true(lambda: _answers(url), "an answer from the database", within=60.0)
        yield url
    finally:
        if process is not None:
            process.stop(recipe.grace)


def _answers(url: str) -> bool:
    try:
        probe("database", url)
    except NotAnswering:
        return False
    return True


def _nothing() -> None:
    """Nobody else has its record."""


def _silent(_text: str) -> None:
    """Nobody reads along."""
