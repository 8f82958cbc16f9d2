"""How many files and sockets this process may have open."""

import resource
from contextlib import suppress
from typing import Final

KEPT: Final = 200
"""Of these, what stores, uploads and the process itself need at most."""


def allow_open_files(wanted: int) -> int:
    """Raise what is allowed (RLIMIT_NOFILE) to ``wanted``, as far as the process may. Returns what is allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < wanted:
        raised = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def connections_within(files: int) -> int:
    """Returns how many of the files may be connections of clients."""
    return max(files - KEPT, files // 2)
