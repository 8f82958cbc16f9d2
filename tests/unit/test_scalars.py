from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from resolvers.shared.scalars import parse_datetime, parse_decimal, serialize_datetime, serialize_decimal


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_a_decimal_comes_back_with_its_exponent(value: Decimal) -> None:
    back = parse_decimal(serialize_decimal(value))
    assert back.as_tuple() == value.as_tuple()


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("19.90", "19.90"),
        ("0", "0"),
        (7, "7"),
        (0.1, "0.1"),
        (19.99, "19.99"),
        ("1e3", "1000"),
        ("-0.00", "-0.00"),
    ],
)
def test_decimals_are_taken_as_written(written: object, shown: str) -> None:
    assert serialize_decimal(parse_decimal(written)) == shown


@pytest.mark.parametrize(
    "hostile", ["", "NaN", "Infinity", "-inf", "1,5", " 1", "1_000", "٣", "1e999", "9" * 41, True, None, [], {}]
)
def test_other_decimals_are_refused(hostile: object) -> None:
    with pytest.raises(GraphQLError, match=r"^Decimal cannot represent "):
        parse_decimal(hostile)


@pytest.mark.parametrize("hostile", [float("nan"), float("inf"), "x" * 1_000_000])
def test_a_refused_value_is_not_repeated_in_full(hostile: object) -> None:
    with pytest.raises(GraphQLError) as caught:
        parse_decimal(hostile)
    assert len(caught.value.message) < 200


def test_a_float_never_leaves_as_money() -> None:
    with pytest.raises(TypeError):
        serialize_decimal(19.99)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))])))
def test_a_time_comes_back_in_utc(moment: datetime) -> None:
    try:
        shown = serialize_datetime(moment)
    except OverflowError:
        return  # the first and last hours that Python can hold have no UTC
    assert shown.endswith("Z")
    assert parse_datetime(shown) == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2030-01-31T09:00:00Z", datetime(2030, 1, 31, 9, tzinfo=UTC)),
        ("2030-01-31t09:00:00z", datetime(2030, 1, 31, 9, tzinfo=UTC)),
        ("2030-01-31T09:00:00.5+02:00", datetime(2030, 1, 31, 7, 0, 0, 500_000, tzinfo=UTC)),
        ("2030-01-31T09:00:00.123456789Z", datetime(2030, 1, 31, 9, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_rfc_3339_is_understood(text: str, moment: datetime) -> None:
    assert parse_datetime(text) == moment


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2030-01-31T09:00:00", "the zone is missing, end it with Z."),
        ("2030-02-30T09:00:00Z", "there is no such time."),
        ("2030-01-31T25:00:00Z", "there is no such time."),
        ("0001-01-01T00:00:00+14:00", "there is no such time."),
        ("2030-01-31", "write it as 2030-01-31T09:00:00Z."),
        ("now", "write it as 2030-01-31T09:00:00Z."),
        (1893456000, "write it as 2030-01-31T09:00:00Z."),
        ("x" * 1_000_000, "write it as 2030-01-31T09:00:00Z."),
    ],
)
def test_other_times_are_refused_with_the_reason(text: object, why: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        parse_datetime(text)
    assert caught.value.message.startswith("DateTime cannot represent ")
    assert caught.value.message.endswith(why)
    assert len(caught.value.message) < 200
