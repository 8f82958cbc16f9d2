"""Free ports of the loopback address, and whether something listens on one."""

import random
import socket
import sys
import threading

LOOPBACK = "127.0.0.1"
# Below the ephemeral ranges of Linux (32768) and macOS (49152): a port that the kernel hands to outgoing
# connections may be taken while our server restarts, by its own waiting client even (a self-connect).
_RANGE = range(20_000, 32_000)


_handed_out: set[int] = set()
_handing_out = threading.Lock()


def free_port() -> int:
    """Find a port that nobody listens on, never the same twice. Errors: OSError when none was found."""
    with _handing_out:
        for port in random.sample(_RANGE, 500):
            if port not in _handed_out and is_free(port):
                _handed_out.add(port)
                return port
    raise OSError(f"no free port found between {_RANGE.start} and {_RANGE.stop} on {LOOPBACK}")


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            # As the servers do: connections in TIME_WAIT do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int, timeout: float = 0.5) -> bool:
    """Returns whether something accepts connections on the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(timeout)
        return probe.connect_ex((LOOPBACK, port)) == 0
