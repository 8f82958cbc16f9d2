"""Notice that ``make`` was told to stop.

GNU make passes SIGTERM on to its children, but on a SIGINT that was sent to it alone it waits, with SIGINT
blocked, for children that know nothing of it. A terminal's Ctrl-C reaches the whole group and needs none of this.
"""

import asyncio
import os
import signal
from pathlib import Path

_EVERY = 0.5


async def stop_with_make(stop: asyncio.Event) -> None:
    """Set ``stop`` when our parent is make and was interrupted or killed; without /proc do nothing."""
    parent = os.getppid()
    if _field(parent, "Name") != "make":
        return
    while not stop.is_set():
        if os.getppid() != parent or _blocks_interrupt(parent):
            stop.set()
        await asyncio.sleep(_EVERY)


def _blocks_interrupt(pid: int) -> bool:
    return bool(int(_field(pid, "SigBlk") or "0", 16) & 1 << (signal.SIGINT - 1))


def _field(pid: int, name: str) -> str:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:")), "")
