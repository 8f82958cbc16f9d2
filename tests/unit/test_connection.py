from base64 import b64encode
from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from graphql import GraphQLError
from hypothesis import given
from hypothesis import strategies as st

from resolvers.shared.connection import CursorValue, decode_cursor, encode_cursor, page_arguments

KEY = UUID("01a20f2e-76cb-707d-acce-f9c8562889ec")
KINDS = (str, UUID)

values = st.one_of(
    st.text(max_size=50),
    st.integers(-(2**63) + 1, 2**63 - 1),
    st.uuids(),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(st.lists(values, max_size=4))
def test_a_cursor_comes_back(row: list[CursorValue]) -> None:
    assert decode_cursor(encode_cursor("NEWEST", *row), "NEWEST", [type(v) for v in row], "after") == tuple(row)


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "a",
        "abcde",
        "🙂",
        b64encode(b"null").decode(),
        b64encode(b"{}").decode(),
        b64encode(b"[1]").decode(),
        b64encode(b"[" * 5000).decode(),
        b64encode(orjson.dumps([2, "TITLE", "x", str(KEY)])).decode(),
        encode_cursor("NEWEST", "x", KEY),
        encode_cursor("TITLE", "x"),
        encode_cursor("TITLE", "x", "y"),
        encode_cursor("TITLE", 1, KEY),
        encode_cursor("TITLE", "x", KEY, KEY),
        "A" * 100_000,
    ],
)
def test_a_hostile_cursor_names_the_argument(hostile: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        decode_cursor(hostile, "TITLE", KINDS, "before")
    assert caught.value.message == "before: is not a cursor of this list"
    assert caught.value.extensions == {"code": "BAD_USER_INPUT", "argument": "before"}


@pytest.mark.parametrize(("value", "kind"), [(2**63, int), (True, int), ("0001-01-01T00:00:00+14:00", datetime)])
def test_a_value_no_database_takes_is_refused(value: CursorValue, kind: type) -> None:
    with pytest.raises(GraphQLError, match="is not a cursor of this list"):
        decode_cursor(encode_cursor("X", value), "X", (kind,), "after")


def test_pages_have_a_default_and_a_direction() -> None:
    forwards = page_arguments(None, None, sort="X", kinds=())
    assert (forwards.limit, forwards.backwards, forwards.after, forwards.before) == (20, False, None, None)
    backwards = page_arguments(None, None, 5, encode_cursor("X", "a"), sort="X", kinds=(str,))
    assert (backwards.limit, backwards.backwards, backwards.before) == (5, True, ("a",))
    assert page_arguments(None, "", None, "", sort="X", kinds=()) == forwards


@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        (-1, None, "first: must be between 0 and 100"),
        (101, None, "first: must be between 0 and 100"),
        (None, 2**31 - 1, "last: must be between 0 and 100"),
        (1, 1, "last: cannot be used together with first"),
    ],
)
def test_a_wrong_page_names_the_argument(first: int | None, last: int | None, message: str) -> None:
    with pytest.raises(GraphQLError) as caught:
        page_arguments(first, None, last, sort="X", kinds=())
    assert caught.value.message == message
