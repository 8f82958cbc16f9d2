"""The end of a session, and all that may race with it."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.session.logout import logout
from services.session.logout_everywhere import logout_everywhere
from services.session.revoke_session import revoke_session
from services.session.token_pair import TokenPair
from services.shared.errors import NotFound, SessionExpired
from tests.integration.sessions.desk import GRACE, Desk


async def test_logout_takes_the_newest_token_and_a_racers(desk: Desk) -> None:
    user, first = await desk.sign_up()
    second = await desk.refresh(first.refresh_token)
    assert second is not None
    await logout(desk.infra, first.refresh_token)
    assert desk.is_refused(second)
    assert [row.revoked_reason for row in await desk.rows(user)] == ["LOGGED_OUT"]
    for token in (first.refresh_token, second.refresh_token, "nonsense"):
        with pytest.raises(SessionExpired):
            await logout(desk.infra, token)


async def test_logout_with_a_token_from_long_ago_ends_the_family_but_is_no_success(desk: Desk) -> None:
    user, first = await desk.sign_up()
    await desk.refresh(first.refresh_token)
    desk.clock.go(minutes=1)
    with pytest.raises(SessionExpired):
        await logout(desk.infra, first.refresh_token)
    assert [row.revoked_reason for row in await desk.rows(user)] == ["TOKEN_REUSED"]


async def test_one_cannot_end_the_session_of_another(desk: Desk) -> None:
    ada, first = await desk.sign_up()
    bob, _ = await desk.sign_up()
    session_id = desk.tokens.verify(first.access_token).session_id
    assert session_id is not None
    with pytest.raises(NotFound):
        await revoke_session(desk.infra, bob.id, session_id)
    assert await desk.live(ada) == 1
    await revoke_session(desk.infra, ada.id, session_id)
    assert await desk.live(ada) == 0
    assert desk.is_refused(first)
    with pytest.raises(NotFound):
        await revoke_session(desk.infra, ada.id, session_id)


async def test_twenty_race_each_other_and_a_logout_everywhere(desk: Desk) -> None:
    user, first = await desk.sign_up()
    *pairs, ended = await asyncio.gather(
        *(desk.refresh(first.refresh_token, racer % 2) for racer in range(20)),
        logout_everywhere(desk.infra, user.id),
    )
    won = {pair for pair in pairs if isinstance(pair, TokenPair)}
    assert ended == 1
    assert len(won) <= 1
    assert await desk.live(user) == 0
    for pair in {first, *won}:
        assert desk.is_refused(pair)
        assert await desk.refresh(pair.refresh_token) is None


# A burst: which of the tokens so far is presented (from the newest back), by how many at once, how long after.
BURSTS = st.lists(
    st.tuples(st.sampled_from([0, 0, 0, 1, 1, 2]), st.sampled_from([1, 2, 20]), st.sampled_from([0.0, 4.0, 6.0])),
    min_size=1,
    max_size=5,
)


@given(bursts=BURSTS)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_presented_one_family_lives_or_none(
    desk: Desk, bursts: list[tuple[int, int, float]]
) -> None:
    """Twenty with the newest token, or the one just before, get one and the same pair; older ones end it all."""
    user, pair = await desk.sign_up()
    pairs, rotated, alive = [pair], desk.clock.now, True
    for back, racers, later in bursts:
        desk.clock.go(seconds=later)
        presented = pairs[max(0, len(pairs) - 1 - back)]
        is_newest = presented is pairs[-1]
        just_used = (
            len(pairs) > 1 and presented is pairs[-2] and desk.clock.now - rotated <= timedelta(seconds=GRACE)
        )
        results = await desk.race(presented.refresh_token, racers)
        alive = alive and (is_newest or just_used)
        if not alive:
            assert results == [None] * racers
            assert await desk.live(user) == 0
            assert all(desk.is_refused(old) for old in pairs)
            continue
        [given_pair] = set(results)
        assert given_pair is not None
        if is_newest:
            assert given_pair not in pairs
            pairs.append(given_pair)
            rotated = desk.clock.now
        else:
            assert given_pair == pairs[-1]
        assert await desk.live(user) == 1
    assert len(await desk.rows(user)) == 1
