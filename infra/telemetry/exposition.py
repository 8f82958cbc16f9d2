"""The text that Prometheus scrapes: of this process, or of all that share its socket.

With ``serve --workers`` processes keep their metrics in files of one folder, and whoever is asked adds them up
(https://prometheus.github.io/client_python/multiprocess/). That way there are no exemplars.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Metric

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Share metrics between processes that are forked in the block.

    Begin it before any metric is made: the library looks once.
    """
    folder = tempfile.mkdtemp(prefix="rushcart-metrics-")
    os.environ[FOLDER] = folder
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forget_process(pid: int) -> None:
    """Forget what a process that has died had, such as connections."""
    if FOLDER in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def exposition(accept: str) -> tuple[bytes, str]:
    """Returns the text and its media type: OpenMetrics, which has exemplars, for who asks for it."""
    from prometheus_client import REGISTRY, CollectorRegistry
    from prometheus_client.exposition import choose_encoder

    encode, media_type = choose_encoder(accept)
    registry = REGISTRY
    if FOLDER in os.environ:
        registry = CollectorRegistry()
        registry.register(_Shared())
    return encode(registry), media_type


class _Shared:
    """The files of all processes, but for one that a process has just made: it has no size for a moment."""

    def collect(self) -> "Iterable[Metric]":
        from prometheus_client.multiprocess import MultiProcessCollector

        files = [str(file) for file in Path(os.environ[FOLDER]).glob("*.db") if _has_size(file)]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files, accumulate=True)  # type: ignore[no-untyped-call]
        return merged


def _has_size(file: Path) -> bool:
    try:
        return file.stat().st_size > 0
    except FileNotFoundError:  # a dead process's, taken away meanwhile
        return False
