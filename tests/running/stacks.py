"""The servers that tests run on, under names of their own (RUSHCART_TEST_DATABASE_URL and so on): under RUSHCART_*
they would turn every embedded test into a stack test.
"""

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from infra.stack import Stack
from infra.stack.install import can_install

ROOT: Final = Path(__file__).resolve().parents[2]
KAFKA_CACHE: Final = ROOT / ".rushcart" / "kafka"
# The setting of the product, and the name under which tests find the same thing.
NAMES: Final = {
    "RUSHCART_DATABASE_URL": "RUSHCART_TEST_DATABASE_URL",
    "RUSHCART_REDIS_URL": "RUSHCART_TEST_REDIS_URL",
    "RUSHCART_KAFKA_BOOTSTRAP_SERVERS": "RUSHCART_TEST_KAFKA",
}
_KAFKA: Final = "RUSHCART_KAFKA_BOOTSTRAP_SERVERS"
STACK_HOME: Final = "RUSHCART_TEST_STACK_HOME"
"""The folder of a stack that is the tests' own, to be stopped and started."""
STACKS: Final = "RUSHCART_TEST_STACKS"
"""JSON: what each worker is to find under the names above."""
Found = dict[str, str]
T = TypeVar("T")


def given() -> dict[str, str]:
    """Returns the addresses that somebody has set, by setting of the product: they are used as they are."""
    return {name: os.environ[alias] for name, alias in NAMES.items() if os.environ.get(alias)}


@contextmanager
def folders(count: int) -> Iterator[list[Path]]:
    """Homes of stacks, which are taken down with all that is in them."""
    homes = [Path(tempfile.mkdtemp(prefix="rushcart-test-")) for _ in range(count)]
    try:
        yield homes
    finally:
        # A second Ctrl-C must not leave servers behind.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _at_once(_take_down, homes)


def bring_up(homes: Sequence[Path]) -> list[Found]:
    """Start a stack for each worker. Only the first has a Kafka all to itself, that tests may kill: the others
    share one, under prefixes of their own. Errors: StackError.
    """
    shared = _up(homes[-1], given(), show)
    if len(homes) == 1:
        return [shared]

    def start(home: Path) -> Found:
        begun = time.monotonic()
        known = {} if home == homes[0] else {_KAFKA: shared[NAMES[_KAFKA]]}
        found = _up(home, known, lambda _: None)
        show(f"stack     another one answers ({time.monotonic() - begun:.1f} s)")
        return found

    # By now all programs are there: what had to be installed or fetched was.
    return [*_at_once(start, homes[:-1]), shared]


def _up(home: Path, environ: Mapping[str, str], echo: Callable[[str], None]) -> Found:
    stack = Stack.up(
        home,
        install=can_install(),
        echo=echo,
        environ=environ,
        kafka_cache=KAFKA_CACHE,
        dies_with_parent=True,
    )
    found = {NAMES[name]: value for name, value in stack.env().items()}
    return found if _KAFKA in environ else found | {STACK_HOME: str(home)}


def _take_down(home: Path) -> None:
    try:
        Stack(home).down(purge=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _at_once(work: Callable[[Path], T], many: Sequence[Path]) -> list[T]:
    with ThreadPoolExecutor(len(many)) as threads:
        return list(threads.map(work, many))


def environment(found: Sequence[Found]) -> dict[str, str]:
    """Ours for pytest: with these stacks, and no other."""
    hidden = {*NAMES, *NAMES.values(), STACK_HOME, STACKS}
    ours = {name: value for name, value in os.environ.items() if name not in hidden}
    return ours | (found[0] if len(found) == 1 else {STACKS: json.dumps(found)} if found else {})


def take_own(worker: int) -> None:
    """From now on find the stack of this worker."""
    stacks = os.environ.get(STACKS)
    if stacks:
        os.environ.update(json.loads(stacks)[worker])


def show(line: str) -> None:
    print(line, flush=True)
