"""Refresh tokens are good for one time, whoever comes with them, in whatever order, however many at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from infra.clock import utc_now
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from infra.settings import Settings
from models import RefreshSession, User
from services.errors import NotFound, SessionExpired
from services.session.client import Client
from services.session.list_sessions import list_sessions
from services.session.logout import logout
from services.session.logout_everywhere import logout_everywhere
from services.session.refresh import refresh_session
from services.session.refresh_token import TokenPair, digest, new_refresh_token
from services.session.revoke_session import revoke_session
from services.user.register import sign_up
from services.user.tokens import AccessTokens

GRACE = 5.0


@dataclass
class Clock:
    now: datetime = field(default_factory=utc_now)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Desk:
    """Two servers on the same stores, and what a client does there."""

    servers: tuple[Infra, Infra]
    tokens: AccessTokens
    clock: Clock

    @property
    def infra(self) -> Infra:
        return self.servers[0]

    async def sign_up(self, device: str = "") -> tuple[User, TokenPair]:
        signed_in = await sign_up(
            self.infra,
            self.tokens,
            email=f"{uuid4().hex[:12]}@example.com",
            password="correct horse battery",
            display_name="Ada",
            client=Client("203.0.113.7", device),
        )
        return signed_in.user, signed_in.tokens

    async def refresh(self, token: str, server: int = 0) -> TokenPair | None:
        try:
            client = Client("203.0.113.8", "Chrome")
            return (await refresh_session(self.servers[server], self.tokens, token, client)).tokens
        except SessionExpired:
            return None

    async def race(self, token: str, racers: int) -> list[TokenPair | None]:
        return await asyncio.gather(*(self.refresh(token, racer % 2) for racer in range(racers)))

    def is_refused(self, pair: TokenPair) -> bool:
        """By the server at least that ended the session; the other one would hear of it."""
        viewer = self.tokens.verify(pair.access_token)
        return any(
            server.revocations.cover(viewer.user_id, viewer.session_id, viewer.issued_at)
            for server in self.servers
        )

    async def rows(self, user: User) -> list[RefreshSession]:
        async with self.infra.database.read() as session:
            return list(await session.scalars(select(RefreshSession).where(RefreshSession.user_id == user.id)))

    async def live(self, user: User) -> int:
        return len((await list_sessions(self.infra, [user.id])).get(user.id, ()))

    async def change(self, user: User, **values: Any) -> None:
        async with self.infra.database.write() as session:
            await session.execute(update(User).where(User.id == user.id).values(**values))


@pytest.fixture
async def desk(settings: Settings) -> AsyncIterator[Desk]:
    clock = Clock()
    # A refresh waits for the one before it: twenty on two cores are no measure of a store's health.
    patient = settings.model_copy(update={"refresh_grace": GRACE, "store_timeout": 10.0})
    async with AsyncExitStack() as stack:
        one, two = [await stack.enter_async_context(open_infra(patient, clock=clock)) for _ in range(2)]
        yield Desk((one, two), AccessTokens.from_settings(patient, clock), clock)


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
    assert not desk.tokens.verify(first.access_token).is_staff
    assert desk.tokens.verify(second.access_token).is_staff


async def test_a_session_ends_when_it_is_not_used_or_gets_too_old(desk: Desk) -> None:
    idle = desk.infra.settings.session_idle_ttl
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
