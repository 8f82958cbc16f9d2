from datetime import UTC, datetime
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from services.session.token_pair import TokenPair, digest, new_refresh_token, seal, session_of, unseal

SESSION = UUID(int=8)
PAIR = TokenPair(
    "access", datetime(2030, 1, 1, tzinfo=UTC), "refresh", datetime(2030, 2, 1, 0, 0, 0, 250, tzinfo=UTC)
)


def test_a_token_names_its_session_and_nothing_else() -> None:
    token = new_refresh_token(SESSION)
    assert session_of(token) == SESSION
    assert token.startswith("rrt_")
    assert token != new_refresh_token(SESSION)
    assert len(digest(token)) == 64


@pytest.mark.parametrize(
    "token",
    ["", "rrt_", "rrt_" + "a" * 63, "rrt_" + "a" * 65, "xxx_" + "a" * 64, "rrt_" + "!" * 64, "rrt_" + "é" * 64],
)
def test_what_is_no_token_is_of_no_session(token: str) -> None:
    assert session_of(token) is None


@given(st.text(max_size=80))
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert session_of(text) is None
    session_of("rrt_" + text[:64].ljust(64, "A"))


def test_the_pair_is_for_who_holds_the_token_before() -> None:
    previous, other = new_refresh_token(SESSION), new_refresh_token(SESSION)
    sealed = seal(PAIR, SESSION, previous)
    assert unseal(sealed, SESSION, previous) == PAIR
    assert sealed != seal(PAIR, SESSION, previous)
    for session, token in ((SESSION, other), (UUID(int=9), previous)):
        with pytest.raises(InvalidTag):
            unseal(sealed, session, token)


def test_a_pair_is_not_shown_by_accident() -> None:
    assert repr(PAIR) == "TokenPair(...)"
