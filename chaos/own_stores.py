"""Stores of a run's own, in a temporary folder, of which nothing is left."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from chaos.disk import Disk, small_disk
from infra.stack import SERVERS, Nodes, ServerName, Stack

ROOT: Final = Path(__file__).resolve().parents[1]
_CACHE: Final = ROOT / ".rushcart" / "kafka"
_MEGABYTES: Final = 768
"""Of a store's disk; what is not used takes no memory."""
Echo = Callable[[str], None]


@contextmanager
def own_stack(echo: Echo) -> Iterator[tuple[Path, Stack, dict[ServerName, Disk]]]:
    """Each store has a disk of its own where that is possible. Errors: StackError."""
    folder = Path(tempfile.mkdtemp(prefix="rushcart-chaos-"))
    stack = Stack(folder, kafka_cache=_CACHE, dies_with_parent=True)
    try:
        with ExitStack() as exits:
            mounted = {name: exits.enter_context(small_disk(stack.folder / name, _MEGABYTES)) for name in SERVERS}
            exits.callback(stack.down)
            Stack.up(folder, echo=echo, environ={}, kafka_cache=_CACHE, dies_with_parent=True)
            here = {status.server for status in stack.status() if status.how == "machine"}
            yield folder, stack, {name: disk for name, disk in mounted.items() if disk and name in here}
    finally:
        stack.down(purge=True)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_nodes(echo: Echo) -> Iterator[tuple[Path, Nodes]]:
    """Several of each. Errors: StackError."""
    folder = Path(tempfile.mkdtemp(prefix="rushcart-chaos-"))
    try:
        nodes = Nodes.up(folder, echo=echo, kafka_cache=_CACHE, dies_with_parent=True)
        yield folder, nodes
    finally:
        Nodes(folder).down(purge=True)
        shutil.rmtree(folder, ignore_errors=True)
