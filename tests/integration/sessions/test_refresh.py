"""Each refresh gives a new pair; a token that was used ends its family."""

from datetime import timedelta

import pytest

from infra.ids import new_id
from models.enums import Role
from services.session.token_pair import digest, new_refresh_token
from tests.integration.sessions.desk import GRACE, Desk


async def test_each_refresh_gives_a_new_pair_and_retires_the_old_token(desk: Desk) -> None:
    user, first = await desk.sign_up("Firefox")
    desk.clock.go(minutes=9)
    second = await desk.refresh(first.refresh_token)
    assert second is not None
    assert second.refresh_token != first.refresh_token
    assert second.session_expires_at == first.session_expires_at
    assert second.access_token_expires_at - first.access_token_expires_at == timedelta(minutes=9)
    [row] = await desk.rows(user)
    assert (row.token_hash, row.previous_hash) == (digest(second.refresh_token), digest(first.refresh_token))
    assert (row.device, row.ip, row.last_used_at) == ("Chrome", "203.0.113.8", desk.clock.now)
    stored = f"{row.token_hash} {row.previous_hash} {row.successor}"
    for secret in (first.refresh_token, second.refresh_token, second.access_token):
        assert secret not in stored
    assert await desk.refresh(second.refresh_token) is not None
    assert await desk.live(user) == 1


async def test_a_used_token_ends_the_family_and_its_access_tokens(desk: Desk) -> None:
    user, first = await desk.sign_up()
    second = await desk.refresh(first.refresh_token)
    assert second is not None
    desk.clock.go(seconds=GRACE + 0.001)
    assert not desk.is_refused(second)
    assert await desk.refresh(first.refresh_token) is None
    assert desk.is_refused(second)
    assert desk.is_refused(first)
    assert await desk.refresh(second.refresh_token) is None
    [row] = await desk.rows(user)
    assert (row.revoked_at, row.revoked_reason, row.successor) == (desk.clock.now, "TOKEN_REUSED", None)


async def test_so_does_one_that_was_used_long_ago(desk: Desk) -> None:
    user, first = await desk.sign_up()
    pair = first
    for _ in range(3):
        following = await desk.refresh(pair.refresh_token)
        assert following is not None
        pair = following
    assert await desk.refresh(first.refresh_token) is None
    assert await desk.refresh(pair.refresh_token) is None
    assert await desk.live(user) == 0


async def test_within_the_grace_the_racer_gets_the_same_pair(desk: Desk) -> None:
    user, first = await desk.sign_up()
    winner = await desk.refresh(first.refresh_token)
    desk.clock.go(seconds=GRACE)
    assert await desk.refresh(first.refresh_token, server=1) == winner
    assert await desk.live(user) == 1


async def test_another_session_is_none_of_its_business(desk: Desk) -> None:
    user, first = await desk.sign_up()
    other_user, other = await desk.sign_up()
    for made_up in (new_refresh_token(new_id()), "", "rrt_", first.access_token):
        assert await desk.refresh(made_up) is None
    assert await desk.live(user) == await desk.live(other_user) == 1
    await desk.refresh(first.refresh_token)
    desk.clock.go(minutes=1)
    assert await desk.refresh(first.refresh_token) is None
    assert await desk.live(other_user) == 1
    assert not desk.is_refused(other)


@pytest.mark.parametrize("ended", ["locked_at", "closed_at"])
async def test_a_locked_or_closed_account_cannot_refresh(desk: Desk, ended: str) -> None:
    user, first = await desk.sign_up()
    second = await desk.refresh(first.refresh_token)
    assert second is not None
    await desk.change(user, **{ended: desk.clock.now})
    assert await desk.refresh(second.refresh_token) is None
    assert await desk.refresh(first.refresh_token) is None
    await desk.change(user, **{ended: None})
    assert await desk.refresh(second.refresh_token) is not None


async def test_a_refresh_gives_what_the_user_is_by_now(desk: Desk) -> None:
    user, first = await desk.sign_up()
    await desk.change(user, roles=["CUSTOMER", "STAFF"])
    second = await desk.refresh(first.refresh_token)
    assert second is not None
    assert not desk.tokens.verify(first.access_token).has(Role.STAFF)
    assert desk.tokens.verify(second.access_token).has(Role.STAFF)


async def test_a_session_ends_when_it_is_not_used_or_gets_too_old(desk: Desk) -> None:
    idle = desk.infra.settings.sign_in.session_idle_ttl
    user, first = await desk.sign_up()
    unused, unused_pair = await desk.sign_up()
    desk.clock.go(seconds=idle - 1)
    second = await desk.refresh(first.refresh_token)
    assert second is not None
    desk.clock.go(seconds=1)
    assert await desk.refresh(unused_pair.refresh_token) is None
    assert await desk.live(unused) == 0
    pair = second
    while desk.clock.now < first.session_expires_at - timedelta(seconds=idle / 2):
        following = await desk.refresh(pair.refresh_token)
        assert following is not None
        pair = following
        desk.clock.go(seconds=idle / 2)
    assert await desk.live(user) == 1
    desk.clock.now = first.session_expires_at
    assert await desk.refresh(pair.refresh_token) is None
    assert await desk.live(user) == 0
