"""Run the whole suite against servers of its own: ``python -m tests.run [pytest arguments]``.

The stack is brought up in a temporary folder and always taken down again. Tests find it under names of its own
(RUSHCART_TEST_DATABASE_URL and so on): under RUSHCART_* they would turn every embedded test into a stack test.
Addresses that are set under those names already are used as they are. Where the stack cannot be had, only the
tests that need none are run, and the last lines say so; with CI set that is a failure.
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


def main(arguments: Sequence[str]) -> int:
    """The exit code: pytest's; 1 when the stack could not be had and CI is set, or when it did not start."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    home = Path(tempfile.mkdtemp(prefix="rushcart-test-"))
    try:
        return _run_on_stack(home, arguments)
    except KeyboardInterrupt as interrupt:
        return 128 + _number(interrupt)
    finally:
        # A second Ctrl-C must not leave servers behind.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _take_down(home)


def _run_on_stack(home: Path, arguments: Sequence[str]) -> int:
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
        return _run_without_stack(arguments, error)
    settings = {NAMES[name]: value for name, value in stack.env().items()}
    return _pytest(arguments, {**settings, STACK_HOME: str(home)})


def _run_without_stack(arguments: Sequence[str], error: StackError) -> int:
    code = _pytest(_without_stack_tests(arguments), {})
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


def _pytest(arguments: Sequence[str], settings: Mapping[str, str]) -> int:
    """Run pytest to its end, also when we are told to stop: then it is told too and given time to clean up."""
    hidden = {*NAMES, *NAMES.values(), STACK_HOME}
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | dict(settings)
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, env=environment) as process:
        try:
            return process.wait()
        except KeyboardInterrupt as interrupt:
            _end(process, interrupt)
            raise


def _end(process: "subprocess.Popen[bytes]", interrupt: KeyboardInterrupt) -> None:
    """The terminal's Ctrl-C has reached pytest as well; a second one would cut its clean-up short."""
    if _number(interrupt) == signal.SIGTERM or not sys.stdin.isatty():
        process.send_signal(signal.SIGINT)
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
