"""How long a queue waits before the next try."""

from datetime import timedelta

import pytest

from infra.due_queue import Backoff, always


def seconds(backoff: Backoff, tries: int) -> list[float]:
    return [backoff.after(n).total_seconds() for n in range(tries)]


def test_each_wait_is_longer_up_to_the_longest() -> None:
    assert seconds(Backoff(timedelta(seconds=10), most=timedelta(minutes=5)), 7) == [10, 20, 40, 80, 160, 300, 300]
    assert seconds(Backoff(timedelta(seconds=5), factor=4), 6) == [5, 20, 80, 320, 1280, 5120]
    assert seconds(Backoff(timedelta(seconds=2), least=timedelta(seconds=15)), 5) == [15, 15, 15, 16, 32]


def test_a_lease_may_always_be_the_same() -> None:
    assert seconds(always(timedelta(seconds=60)), 3) == [60, 60, 60]


@pytest.mark.parametrize("tries", [21, 1000, 2**31])
def test_no_number_of_tries_is_too_many(tries: int) -> None:
    assert Backoff(timedelta(seconds=2), most=timedelta(minutes=10)).after(tries) == timedelta(minutes=10)
    assert Backoff(timedelta(seconds=2)).after(tries) == timedelta(seconds=2**21)
