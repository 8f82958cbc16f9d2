"""Threads that leave a busy processor to others."""

import os
import sys
import threading
from contextlib import suppress
from typing import Final

_NICER: Final = 10
"""About a tenth of what others get of a processor that all want."""
_NICEST: Final = 19


def lower_priority() -> None:
    """Let this thread come after all others that want a processor; only Linux has priorities of threads."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with suppress(OSError):
            nice = os.getpriority(os.PRIO_PROCESS, thread)
            os.setpriority(os.PRIO_PROCESS, thread, min(_NICEST, nice + _NICER))
