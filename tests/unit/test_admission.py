"""How many are let in by when, whatever staff do with the rate and whenever people come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.waiting_room.admission import Admission

START = datetime(2026, 11, 27, 10, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_nobody_is_let_in_before_the_start() -> None:
    admission = Admission(5, 0, START)
    assert [admission.admitted(at(s)) for s in (-1, 0, 0.2, 1, 10.1)] == [0, 0, 1, 5, 50]
    assert admission.wait(11, at(-60)) == timedelta(seconds=62.2)
    assert admission.wait(11, at(2.2)) == timedelta(0)
    assert admission.wait(1, at(0)) == timedelta(seconds=0.2)


def test_another_rate_lets_nobody_out_again() -> None:
    slow = Admission(10, 0, START).at_rate(1, at(3))
    assert [slow.admitted(at(s)) for s in (3, 4, 5.5)] == [30, 31, 32]
    assert Admission(10, 0, START).at_rate(1, at(-3)) == Admission(1, 0, START)


def test_quiet_is_not_saved_up() -> None:
    """An hour passes with three people; then a crowd comes, and is let in a few a second."""
    late = Admission(10, 0, START).entered(3, at(3600))
    assert late.admitted(at(3600)) == 13
    assert late.admitted(at(3601)) == 23
    assert late.entered(1000, at(3600)) is late


@given(
    rates=st.lists(st.integers(1, 500), min_size=1, max_size=5),
    steps=st.lists(st.tuples(st.floats(0.01, 50), st.integers(0, 300)), min_size=1, max_size=30),
)
def test_never_more_than_the_rate_and_never_fewer_than_before(
    rates: list[int], steps: list[tuple[float, int]]
) -> None:
    admission, entered, now, before = Admission(rates[0], 0, START), 0, 0.0, 0
    for number, (passed, come) in enumerate(steps):
        now += passed
        through = min(admission.admitted(at(now)), entered)
        assert before <= through <= before + admission.rate * passed + admission.rate + 1
        before = through
        if come:
            admission = admission.entered(entered, at(now))
            entered += come
        # Who has come is let in at once by what is left of a second, or waits as long as is said.
        wait = admission.wait(entered or 1, at(now)).total_seconds()
        assert admission.admitted(at(now + wait + 0.001)) >= (entered or 1)
        before = max(before, min(admission.admitted(at(now)), entered))
        admission = admission.at_rate(rates[number % len(rates)], at(now))
