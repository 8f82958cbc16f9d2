"""Time: UTC, aware, microseconds. A clock is passed where a rule depends on the time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def utc_now() -> datetime:
    return datetime.now(UTC)


def to_millis(moment: datetime) -> int:
    """Returns milliseconds since the epoch, rounded down; exact, as a float is not for all that fit a datetime."""
    return (moment - _EPOCH) // _MILLISECOND


def from_millis(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)


def whole_millis(moment: datetime) -> datetime:
    """Cut off what is less than a millisecond, as Redis keeps times."""
    return from_millis(to_millis(moment))
