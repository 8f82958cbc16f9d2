"""A benchmark and its load generator never wait for each other."""

import subprocess
import sys

import pytest

from benchmarks.frames import NoMessage, exchange

ECHO = "from benchmarks.frames import answer_each; answer_each(lambda message: message)"
IN_PART = "import sys, time; sys.stdout.buffer.write(b'\\0\\0\\0\\x09{\"a'); sys.stdout.flush(); time.sleep(60)"
DEAF = "import time; time.sleep(60)"


def child(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_messages_larger_than_a_pipe() -> None:
    message = {"latencies": list(range(100_000))}
    with child(ECHO) as echo:
        assert [exchange(echo, message, 30.0) for _ in range(2)] == [message, message]
        echo.kill()


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (IN_PART, {}, "no whole answer in time"),
        (DEAF, "x" * 200_000, "no whole answer in time"),
        ("raise SystemExit", {}, "it ended"),
    ],
)
def test_a_child_that_does_not_answer(code: str, message: object, said: str) -> None:
    with child(code) as broken:
        with pytest.raises(NoMessage, match=said):
            exchange(broken, message, 0.5 if said.startswith("no") else 30.0)
        broken.kill()
