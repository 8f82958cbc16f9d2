"""Who is signed in, who is not, and that both cost the same."""

import asyncio
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from infra.hashing.ask import verify_apart
from infra.runtime import Infra
from infra.turns import Turns
from models import RefreshSession, User
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn
from services.session.open_session import open_session
from services.shared.client import Client
from services.shared.errors import EmailTaken, InvalidCredentials, InvalidInput, TryAgain
from services.user import login as login_module
from services.user import rules
from services.user.login import login
from services.user.register import register, sign_up
from tests.modes import ONE_MODE

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
CLIENT = Client("203.0.113.7", "Firefox")


@pytest.fixture
def tokens(infra: Infra) -> AccessTokens:
    return AccessTokens.from_settings(infra.settings, infra.now)


@pytest.fixture
async def ada(infra: Infra) -> User:
    return await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords are verified against: the work goes on as ever, it is only counted."""
    seen: list[str] = []

    async def counting(hasher: PasswordHasher, stored: str, password: bytes) -> bool:
        seen.append(stored)
        return await verify_apart(hasher, stored, password)

    monkeypatch.setattr(rules, "verify_apart", counting)
    return seen


async def _log_in(infra: Infra, tokens: AccessTokens, email: str = EMAIL, password: str = PASSWORD) -> SignedIn:
    return await login(infra, tokens, email=email, password=password, client=CLIENT)


async def _change(infra: Infra, user: User, **values: Any) -> None:
    async with infra.database.write() as session:
        await session.execute(update(User).where(User.id == user.id).values(**values))


async def _count(infra: Infra) -> int:
    async with infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(RefreshSession)) or 0


async def test_a_login_is_a_session_of_this_device(infra: Infra, tokens: AccessTokens, ada: User) -> None:
    signed_in = await _log_in(infra, tokens)
    viewer = tokens.verify(signed_in.tokens.access_token)
    assert (signed_in.user.id, viewer.user_id) == (ada.id, ada.id)
    async with infra.database.read() as session:
        row = (await session.scalars(select(RefreshSession))).one()
    assert (row.id, row.user_id, row.ip, row.device) == (viewer.session_id, ada.id, "203.0.113.7", "Firefox")
    assert signed_in.tokens.refresh_token not in (row.token_hash, row.previous_hash, row.successor)
    assert row.expires_at == signed_in.tokens.session_expires_at
    assert (row.expires_at - row.created_at).total_seconds() == infra.settings.sign_in.session_ttl


@ONE_MODE
async def test_whoever_is_refused_costs_one_verification_and_hears_the_same(
    infra: Infra, tokens: AccessTokens, ada: User, verifications: list[str]
) -> None:
    sam = await register(infra, email="sam@example.com", password=PASSWORD, display_name="Sam")
    await _change(infra, sam, locked_at=infra.now())
    tim = await register(infra, email="tim@example.com", password=PASSWORD, display_name="Tim")
    await _change(infra, tim, closed_at=infra.now())
    ivy = await register(infra, email="ivy@example.com", password=PASSWORD, display_name="Ivy")
    await _change(infra, ivy, password_hash="")
    refused = {
        "wrong password": (EMAIL, "correct horse batteri"),
        "no password": (EMAIL, ""),
        "long password": (EMAIL, "k" * 2000),
        "unknown": ("bob@example.com", PASSWORD),
        "no address": ("", PASSWORD),
        "long address": ("a" * 10_000, PASSWORD),
        "locked": ("sam@example.com", PASSWORD),
        "closed": ("tim@example.com", PASSWORD),
        "never had a password": ("ivy@example.com", PASSWORD),
    }
    for name, (email, password) in refused.items():
        verifications.clear()
        with pytest.raises(InvalidCredentials, match=r"^The e-mail address or the password is wrong\.$"):
            await _log_in(infra, tokens, email, password)
        assert len(verifications) == 1, name
        assert not rules._HASHER.check_needs_rehash(verifications[0]), name
    assert await _count(infra) == 0
    verifications.clear()
    await _log_in(infra, tokens)
    assert len(verifications) == 1


@ONE_MODE
async def test_a_login_renews_a_hash_of_other_parameters(infra: Infra, tokens: AccessTokens, ada: User) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(PASSWORD)
    await _change(infra, ada, password_hash=weak)
    with pytest.raises(InvalidCredentials):
        await _log_in(infra, tokens, password="correct horse batteri")
    assert await _hash_of(infra, ada) == weak
    await _log_in(infra, tokens)
    renewed = await _hash_of(infra, ada)
    assert not rules._HASHER.check_needs_rehash(renewed)
    await _log_in(infra, tokens)
    assert await _hash_of(infra, ada) == renewed


@pytest.mark.parametrize("change", ["password_hash", "locked_at", "closed_at"])
async def test_what_changes_while_the_password_is_verified_counts(
    infra: Infra, tokens: AccessTokens, ada: User, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """A new password ends all sessions: one that starts with the old password must not slip through after it."""
    verify = rules.verify_password

    async def verify_and_change(stored: str | None, password: str) -> bool:
        matches = await verify(stored, password)
        await _change(infra, ada, **{change: "another" if change == "password_hash" else infra.now()})
        return matches

    monkeypatch.setattr(login_module, "verify_password", verify_and_change)
    with pytest.raises(InvalidCredentials):
        await _log_in(infra, tokens)
    assert await _count(infra) == 0


@ONE_MODE
async def test_who_would_wait_long_is_told_so_before_anything_is_done_for_them(
    infra: Infra, tokens: AccessTokens, ada: User, verifications: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(1, 0.0)
    monkeypatch.setattr(rules, "_turns", turns)
    async with turns.turn("busy"):
        waiting = [asyncio.create_task(_log_in(infra, tokens)) for _ in range(8)]
        await asyncio.sleep(0)
        for _ in range(10):
            with pytest.raises(TryAgain):
                await _log_in(infra, tokens, password="a wrong password")
        assert verifications == []
    assert {one.user.id for one in await asyncio.gather(*waiting)} == {ada.id}
    # Nor were those ten counted as tries: five are too many.
    with pytest.raises(InvalidCredentials):
        await _log_in(infra, tokens, password="a wrong password")


async def test_one_address_in_any_case_is_one_account(infra: Infra, tokens: AccessTokens, ada: User) -> None:
    for spelling in ("ADA@EXAMPLE.COM", " Ada@Example.com ", "ａｄａ@example.com"):
        with pytest.raises(EmailTaken):
            await sign_up(infra, tokens, email=spelling, password=PASSWORD, display_name="Ada", client=CLIENT)
        assert (await _log_in(infra, tokens, spelling)).user.id == ada.id
    assert await _count(infra) == 3


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Zoë", "Zoë"),
        ("Zoe\u0308", "Zoë"),
        ("  李小龍 ", "李小龍"),
        ("محمد\u200cرضا", "محمد\u200cرضا"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
        ("𝒜" * 100, "𝒜" * 100),
    ],
)
async def test_names_of_any_script(infra: Infra, typed: str, kept: str) -> None:
    user = await register(infra, email=EMAIL, password=PASSWORD, display_name=typed)
    async with infra.database.read() as session:
        assert await session.scalar(select(User.display_name).where(User.id == user.id)) == kept


@pytest.mark.parametrize(
    "typed", ["", " \t", "A\x00da", "A\nda", "A\u202eda", "\ud800", "a" * 101, "\u200d\u200d", "\u2028"]
)
@ONE_MODE
async def test_names_that_play_tricks(infra: Infra, typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await register(infra, email=EMAIL, password=PASSWORD, display_name=typed)
    assert [problem.path for problem in caught.value.problems] == [("input", "displayName")]


async def test_another_proof_than_the_password_opens_a_session_too(
    infra: Infra, tokens: AccessTokens, ada: User
) -> None:
    signed_in = await open_session(infra, tokens, ada.id, CLIENT)
    assert tokens.verify(signed_in.tokens.access_token).user_id == ada.id
    await _change(infra, ada, locked_at=infra.now())
    with pytest.raises(InvalidCredentials):
        await open_session(infra, tokens, ada.id, CLIENT)
    assert await _count(infra) == 1


async def _hash_of(infra: Infra, user: User) -> str:
    async with infra.database.read() as session:
        return (await session.scalars(select(User.password_hash).where(User.id == user.id))).one()
