"""Milliseconds and back, exactly, to the end of what a datetime holds."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from infra.clock import from_millis, to_millis


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_millisecond(moment: datetime) -> None:
    back = from_millis(to_millis(moment))
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert to_millis(back) == to_millis(moment)


def test_the_last_moment_is_not_rounded_beyond_the_calendar() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert from_millis(to_millis(last)) == last.replace(microsecond=999_000)
