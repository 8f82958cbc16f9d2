from uuid import UUID

import pytest

from infra.revocations import Revocation, Revocations

USER, OTHER, SESSION = UUID(int=1), UUID(int=2), UUID(int=3)


def _session(until: float = 100.0) -> Revocation:
    return Revocation("session", SESSION, 10.0, until)


def _user(before: float, until: float = 100.0) -> Revocation:
    return Revocation("user", USER, before, until)


@pytest.fixture
def revocations() -> Revocations:
    return Revocations()


def test_nothing_is_revoked_at_first(revocations: Revocations) -> None:
    assert not revocations.cover(USER, SESSION, 1.0)
    assert not revocations.cover(USER, None, 1.0)


def test_a_session_is_revoked_with_all_its_tokens(revocations: Revocations) -> None:
    revocations.add(_session())
    assert revocations.cover(USER, SESSION, 1.0)
    assert revocations.cover(USER, SESSION, 99.0)
    assert not revocations.cover(USER, OTHER, 1.0)


def test_of_a_user_only_what_was_given_before(revocations: Revocations) -> None:
    revocations.add(_user(10.5))
    assert revocations.cover(USER, SESSION, 10.5)
    assert not revocations.cover(USER, SESSION, 10.501)
    assert not revocations.cover(OTHER, SESSION, 10.0)


def test_the_later_of_two_counts_whatever_comes_first(revocations: Revocations) -> None:
    for before in (20.0, 10.0):
        revocations.add(_user(before))
    assert revocations.cover(USER, None, 15.0)
    assert len(revocations) == 1


def test_it_is_forgotten_when_no_token_can_live_any_more(revocations: Revocations) -> None:
    revocations.add(_session(until=50.0))
    revocations.add(_user(10.0, until=50.0))
    revocations.add(_user(20.0, until=60.0))
    revocations.unsent |= revocations.known()
    revocations.forget_expired(50.0)
    assert len(revocations) == 2
    revocations.forget_expired(50.1)
    assert not revocations.cover(USER, SESSION, 21.0)
    assert revocations.cover(USER, SESSION, 19.0)
    revocations.forget_expired(60.1)
    assert (len(revocations), revocations.unsent, revocations._ends) == (0, set(), [])
