"""A MariaDB or MySQL of a test's own, on a free port, brought into trouble at will; alone, or with a replica."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from infra.ports import free_port
from infra.processes import ProcessId, spawn
from infra.stack.database import PRIMARY, REPLICA, DatabaseRecipe
from infra.stack.errors import MissingServer
from infra.stack.probes import NotAnswering, probe
from infra.stack.replication import await_following, follow, follow_mysql
from infra.stack.runner import Job
from infra.stack.state import Record
from tests.waiting import until_true


@contextmanager
def database_server(folder: Path) -> Iterator[str]:
    """Start one in ``folder``, which skips where there is none; yields the address of an empty database."""
    recipe, record = _found(), Record("machine", port=free_port())
    _prepare(recipe, record, folder)
    with _running(recipe, record, folder):
        yield record.url


@contextmanager
def replicated_databases(folder: Path) -> Iterator[tuple[Record, Record]]:
    """Start a primary and its replica, which skips where there is neither MariaDB nor MySQL."""
    recipe = _found()
    pair = [
        Record("machine", port=free_port(), notes={"role": role, "number": number, "password": "of a test"})
        for role, number in ((PRIMARY, "1"), (REPLICA, "2"))
    ]
    folders = [folder / record.notes["role"] for record in pair]
    for record, own in zip(pair, folders, strict=True):
        own.mkdir()
        if record is not pair[0]:  # an empty database is an empty database, and takes seconds to make
            # MySQL keeps there who a server is.
            shutil.copytree(folders[0] / "data", own / "data", ignore=shutil.ignore_patterns("auto.cnf"))
        _prepare(recipe, record, own)
    with ExitStack() as running:
        for record, own in zip(pair, folders, strict=True):
            running.enter_context(_running(recipe, record, own))
        primary, replica = pair
        if recipe.is_mariadb:
            follow(replica, primary)
            await_following(replica, primary)
        else:
            follow_mysql(replica, primary)
        yield primary, replica


def _found() -> DatabaseRecipe:
    recipe = DatabaseRecipe()
    try:
        recipe.find()
    except MissingServer as error:
        pytest.skip(str(error))
    return recipe


def _prepare(recipe: DatabaseRecipe, record: Record, folder: Path) -> None:
    recipe.prepare(Job("database", record, save=_nothing, echo=_silent, cancelled=threading.Event()), folder)
    record.url = recipe.url(record)


@contextmanager
def _running(recipe: DatabaseRecipe, record: Record, folder: Path) -> Iterator[None]:
    keeper = spawn(recipe.command(record, folder), log=folder / "database.log", cwd=folder, dies_with_parent=True)
    record.process = process = ProcessId.of(keeper.pid)
    try:
        until_true(lambda: _answers(record.url), "an answer from the database", within=60.0)
        yield
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
