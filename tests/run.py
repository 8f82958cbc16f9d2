"""Run the suite against servers of its own: ``python -m tests.run [pytest arguments]``.

The stack is brought up in a temporary folder and always taken down again. Tests find it under names of its own
(RUSHCART_TEST_DATABASE_URL and so on): under RUSHCART_* they would turn every embedded test into a stack test.
Addresses that are set under those names already are used as they are. Where the stack cannot be had, only the
tests that need none are run, and the last lines say so; with CI set that is a failure.

Most of the time tests wait, so the whole suite runs in two parts side by side, each with a stack of its own.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from infra.stack import MissingServer, Stack, StackError
from infra.stack.install import can_install

ROOT = Path(__file__).resolve().parents[1]
# The setting of the product, and the name under which tests find the same thing.
NAMES = {
    "RUSHCART_DATABASE_URL": "RUSHCART_TEST_DATABASE_URL",
    "RUSHCART_REDIS_URL": "RUSHCART_TEST_REDIS_URL",
    "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": "RUSHCART_TEST_KAFKA",
}
STACK_HOME = "RUSHCART_TEST_STACK_HOME"
KAFKA_CACHE = ROOT / ".rushcart" / "kafka"
# Those that start processes, and break them; and the others. They take about as long.
_APART = "tests/e2e/oidc"
PARTS = (("tests/chaos", "tests/e2e", f"--ignore={_APART}"), (_APART, "tests/integration", "tests/unit"))
Running = tuple["subprocess.Popen[bytes]", IO[str] | None]


def main(arguments: Sequence[str]) -> int:
    """The exit code: pytest's; 1 when the stack could not be had and CI is set, or when it did not start."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    parts = [list(arguments)] if _chooses(arguments) else [[*arguments, *paths] for paths in PARTS]
    homes = [Path(tempfile.mkdtemp(prefix="rushcart-test-")) for _ in parts]
    try:
        return _run_all(list(zip(homes, parts, strict=True)))
    except KeyboardInterrupt as interrupt:
        return 128 + _number(interrupt)
    finally:
        # A second Ctrl-C must not leave servers behind.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for home in homes:
            _take_down(home)


def _chooses(arguments: Sequence[str]) -> bool:
    """Whether some tests are named, by file or folder, or servers that there is one of."""
    paths = (word.partition("::")[0] for word in arguments if not word.startswith("-"))
    return any((ROOT / path).exists() for path in paths) or any(map(os.environ.get, NAMES.values()))


def _run_all(parts: Sequence[tuple[Path, Sequence[str]]]) -> int:
    """One after the other the stacks, at once the tests: the first part's output is shown as it comes, another's
    when it is done.
    """
    settings: list[dict[str, str]] = []
    for home, _ in parts:
        found = _stack(home)
        if isinstance(found, StackError):
            return _run_without_stack([word for word in parts[0][1] if word not in PARTS[0]], found)
        settings.append(found)
    running: list[Running] = []
    try:
        for (home, arguments), found in zip(parts, settings, strict=True):
            output: IO[str] | None = (home / "output.txt").open("w+") if running else None
            running.append((_pytest(arguments, found, output), output))
        return max([_finish(process, its) for process, its in running])
    except KeyboardInterrupt as interrupt:
        for process, _ in running:
            _tell(process, interrupt)
        for process, unseen in running:
            _wait(process)
            _show(unseen)
        raise


def _finish(process: "subprocess.Popen[bytes]", output: IO[str] | None) -> int:
    if output is not None and process.poll() is None:
        print(f"\nwaiting for {' '.join(PARTS[1])} …", flush=True)
    code = process.wait()
    _show(output)
    return code


def _show(output: IO[str] | None) -> None:
    if output is not None:
        output.seek(0)
        shutil.copyfileobj(output, sys.stdout)
        output.close()
        sys.stdout.flush()


def _stack(home: Path) -> dict[str, str] | StackError:
    """What tests need to know of a stack of their own in ``home``."""
    given = {name: os.environ[alias] for name, alias in NAMES.items() if os.environ.get(alias)}
    try:
        stack = Stack.up(
            home,
            install=can_install(),
            echo=lambda line: print(line, flush=True),
            environ=given,
            kafka_cache=KAFKA_CACHE,
            dies_with_parent=True,
        )
    except StackError as error:
        return error
    return {NAMES[name]: value for name, value in stack.env().items()} | {STACK_HOME: str(home)}


def _run_without_stack(arguments: Sequence[str], error: StackError) -> int:
    code = _alone(_without_stack_tests(arguments))
    fails = bool(os.environ.get("CI")) or not isinstance(error, MissingServer)
    print("\nNOT RUN: the tests that need MySQL/MariaDB, Redis and Kafka (marked stack), because")
    text = str(error)
    for name, alias in NAMES.items():
        text = text.replace(name, alias)
    print("\n".join(f"  {line}" for line in text.splitlines()))
    if fails:
        print("That is a failure here.")
    sys.stdout.flush()
    return code or int(fails)


def _without_stack_tests(arguments: Sequence[str]) -> list[str]:
    """The arguments with "not stack" joined to a -m of the user's, as pytest heeds only the last one."""
    kept, expression = [], "not stack"
    words = iter(arguments)
    for word in words:
        if word == "-m":
            expression = f"({next(words, 'not stack')}) and not stack"
        else:
            kept.append(word)
    return ["-m", expression, *kept]


def _alone(arguments: Sequence[str]) -> int:
    process = _pytest(arguments, {})
    try:
        return process.wait()
    except KeyboardInterrupt as interrupt:
        _tell(process, interrupt)
        _wait(process)
        raise


def _pytest(
    arguments: Sequence[str], settings: Mapping[str, str], output: IO[str] | None = None
) -> "subprocess.Popen[bytes]":
    hidden = {*NAMES, *NAMES.values(), STACK_HOME}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | dict(settings)
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


def _tell(process: "subprocess.Popen[bytes]", interrupt: KeyboardInterrupt) -> None:
    """The terminal's Ctrl-C has reached pytest as well; a second one would cut its clean-up short."""
    if process.poll() is None and (_number(interrupt) == signal.SIGTERM or not sys.stdin.isatty()):
        process.send_signal(signal.SIGINT)


def _wait(process: "subprocess.Popen[bytes]") -> None:
    """Give it time to clean up."""
    try:
        process.wait(30.0)
    except subprocess.TimeoutExpired:
        process.kill()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signum)


def _number(interrupt: KeyboardInterrupt) -> int:
    return int(interrupt.args[0]) if interrupt.args else int(signal.SIGINT)


def _take_down(home: Path) -> None:
    try:
        Stack(home).down(purge=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
