"""The process that hashes. It is asked a line of JSON at a time, on its standard input, and ends with that.

No thread of the server's own does it: one of a low priority that is woken late would hold Python's lock meanwhile,
and the event loop would wait for it.
"""

import json
import os
import signal
import sys

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_NICER = 10
"""About a tenth of what others get of a processor that all want."""


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # meant for the server, which still answers what it began
    os.nice(_NICER)
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(_answer(**json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


def _answer(password: str, stored: str | None, time_cost: int, memory_cost: int, parallelism: int) -> str | bool:
    """Returns whether it is the password that was ``stored``; a new hash where none was."""
    hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_cost, parallelism=parallelism)
    if stored is None:
        return hasher.hash(password)
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


if __name__ == "__main__":
    main()
