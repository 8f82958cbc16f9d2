"""Run the suite against servers of its own: ``python -m tests.run [pytest arguments]``.

Stacks are brought up in temporary folders and always taken down again. Addresses that are set under the tests' own
names already are used as they are. Where a stack cannot be had, only the tests that need none are run, and the
last lines say so; with CI set that is a failure.

The whole suite is run by several workers, each with stores of its own: most of the time tests wait. What is named
by file or folder is run by one, unless -n says otherwise.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from infra.stack import MissingServer, StackError
from tests.running import stacks
from tests.running.pytest_process import PytestProcess
from tests.running.stacks import ROOT

_UNIT = ROOT / "tests" / "unit"


def main(arguments: Sequence[str]) -> int:
    """Returns pytest's exit code; 1 when the stack could not be had and CI is set, or when it did not start."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-n", "--workers", type=int)
    asked, others = parser.parse_known_args(arguments)
    try:
        return _run(others, _usual(others) if asked.workers is None else max(1, asked.workers))
    except KeyboardInterrupt as interrupt:
        return 128 + int(interrupt.args[0] if interrupt.args else signal.SIGINT)


def _usual(arguments: Sequence[str]) -> int:
    """Four more than there are processors, or a single one for named tests or servers."""
    if _named(arguments) or stacks.given():
        return 1
    # With two more, two processors were idle for a fifth of the time.
    return min(8, 4 + (os.cpu_count() or 1))


def _named(arguments: Sequence[str]) -> list[Path]:
    """The files and folders among the arguments."""
    paths = (ROOT / word.partition("::")[0] for word in arguments if not word.startswith("-"))
    return [path for path in paths if path.exists()]


def _run(arguments: Sequence[str], workers: int) -> int:
    spread = ["--workers", str(workers), *arguments]
    named = _named(arguments)
    if named and all(path.is_relative_to(_UNIT) for path in named):
        return PytestProcess(spread, []).wait()
    with stacks.folders(workers) as homes:
        try:
            found = stacks.bring_up(homes)
        except StackError as error:
            return _run_without_stack(spread, error)
        return PytestProcess(spread, found).wait()


def _run_without_stack(arguments: Sequence[str], error: StackError) -> int:
    code = PytestProcess(_without_stack_tests(arguments), []).wait()
    fails = bool(os.environ.get("CI")) or not isinstance(error, MissingServer)
    print("\nNOT RUN: the tests that need MySQL/MariaDB, Redis and Kafka (marked stack), because")
    text = str(error)
    for name, alias in stacks.NAMES.items():
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


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt(signum)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
