"""A worker: it goes on in the memory of the process that has collected, and tells it of each test."""

import os
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import pytest
from _pytest.config import create_terminal_writer

from tests.running import stacks


@dataclass(frozen=True, slots=True)
class Told:
    """A hook of pytest's that was called in a worker; none when it asks for more tests."""

    hook: str | None = None
    arguments: Mapping[str, object] = field(default_factory=dict)


def work(session: pytest.Session, number: int, pipe: "Connection[Told, list[int] | None]") -> NoReturn:
    """Run the tests that ``pipe`` hands out, by their places in the collection, until there are none."""
    code = 1
    try:
        _settle_in(session.config, number, pipe)
        _run(session, pipe)
        code = 0
    except (KeyboardInterrupt, ConnectionError, EOFError):  # nobody asks any more
        pass
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
    finally:
        session._setupstate.teardown_exact(None)  # an interrupted test's fixtures
        os._exit(code)


def _settle_in(config: pytest.Config, number: int, pipe: "Connection[Told, list[int] | None]") -> None:
    """Have folders, a stack and what is captured to itself, and write to no terminal."""
    stacks.take_own(number)
    plugins = config.pluginmanager
    capture = plugins.get_plugin("capturemanager")
    assert capture is not None
    capture.stop_global_capturing()
    capture.start_global_capturing()
    terminal = plugins.get_plugin("terminalreporter")
    assert terminal is not None
    terminal._tw = create_terminal_writer(config, Path(os.devnull).open("w"))  # noqa: SIM115
    folders: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]
    folders._basetemp = folders.mktemp(f"worker-{number}")
    plugins.register(_Telling(config, pipe))


def _run(session: pytest.Session, pipe: "Connection[Told, list[int] | None]") -> None:
    given = _given(session, pipe)
    item = next(given, None)
    while item is not None and not session.shouldfail:
        following = next(given, None)
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        item = following


def _given(session: pytest.Session, pipe: "Connection[Told, list[int] | None]") -> Iterator[pytest.Item]:
    while True:
        pipe.send(Told())
        group = pipe.recv()
        if group is None:
            return
        yield from (session.items[index] for index in group)


class _Telling:
    def __init__(self, config: pytest.Config, pipe: "Connection[Told, list[int] | None]") -> None:
        self._config = config
        self._pipe = pipe

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        data = self._config.hook.pytest_report_to_serializable(config=self._config, report=report)
        self._tell("pytest_runtest_logreport", data=data)

    def pytest_runtest_logfinish(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        self._tell("pytest_runtest_logfinish", nodeid=nodeid, location=location)

    def pytest_warning_recorded(
        self,
        warning_message: warnings.WarningMessage,
        when: str,
        nodeid: str,
        location: tuple[str, int, str] | None,
    ) -> None:
        one = warning_message
        text = warnings.WarningMessage(str(one.message), one.category, one.filename, one.lineno)
        self._tell("pytest_warning_recorded", warning_message=text, when=when, nodeid=nodeid, location=location)

    def _tell(self, hook: str, **arguments: object) -> None:
        self._pipe.send(Told(hook, arguments))
