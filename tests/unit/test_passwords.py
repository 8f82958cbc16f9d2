import asyncio
import os
from importlib.resources import files

import pytest
from argon2 import PasswordHasher

from infra.hashing import ask
from infra.turns import Turns
from services.shared.errors import TryAgain
from services.user import rules
from services.user.rules import (
    hash_password,
    is_common,
    needs_rehash,
    password_problem,
    turn_to_hash,
    verify_password,
)
from tests.passwords import AS_SERVED

LENGTH = "must have 8 to 1024 characters"
COMMON = "is one of those that everybody tries first"


@pytest.fixture
def as_served(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in AS_SERVED.items():
        monkeypatch.setattr(rules, name, value)


@pytest.mark.usefixtures("as_served")
async def test_only_the_password_matches() -> None:
    stored = await hash_password("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verify_password(stored, "correct horse")
    assert not await verify_password(stored, "Correct horse")
    assert not await verify_password(stored, "")
    assert not await verify_password("no hash", "correct horse")
    assert stored != await hash_password("correct horse")


async def test_nobody_signs_in_without_an_account_or_without_a_password() -> None:
    assert not await verify_password(None, "correct horse")
    assert not await verify_password("", "correct horse")
    assert not await verify_password("", "")


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("", LENGTH),
        ("1234567", LENGTH),
        ("korrekt!", None),
        ("k" * 1024, None),
        ("k" * 1025, LENGTH),
        ("k" * 1_000_000, LENGTH),
        ("🐎" * 1024, None),
        # Compatibility forms unfold: one character into eighteen, and eight decomposed ones into four.
        ("\ufdfa" * 1024, LENGTH),
        ("e\u0301" * 4, LENGTH),
        ("half a pair \ud800", LENGTH),
        ("password", COMMON),
        ("PassWord", COMMON),
        ("ｐａｓｓｗｏｒｄ", COMMON),
        ("qwertyuiop", COMMON),
        ("Ada@Example.com", COMMON),
        ("correct horse battery staple", None),
    ],
)
def test_what_a_password_may_be(password: str, problem: str | None) -> None:
    assert password_problem(password, "ada@example.com") == problem


async def test_the_longest_password_matches_to_its_last_character() -> None:
    stored = await hash_password("🐎" * 1024)
    assert await verify_password(stored, "🐎" * 1024)
    assert not await verify_password(stored, "🐎" * 1023 + "🐴")
    assert not await verify_password(stored, "🐎" * 1025)
    assert not await verify_password(stored, "\ud800")


def test_the_list_is_sorted_and_has_no_password_that_is_too_short_anyway() -> None:
    lines = files("services.user").joinpath("data/common_passwords.txt").read_text().splitlines()
    assert lines == sorted(set(lines))
    assert len(lines) > 10_000
    assert min(map(len, lines)) >= 8
    assert all(line == line.casefold() for line in lines)
    assert is_common("TrustNo1")


async def test_a_hash_of_other_parameters_is_to_be_renewed_and_still_verifies() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("correct horse")
    assert needs_rehash(weak)
    assert needs_rehash("no hash")
    assert not needs_rehash(await hash_password("correct horse"))
    assert await verify_password(weak, "correct horse")


@pytest.mark.usefixtures("as_served")
def test_an_unknown_email_costs_what_a_known_one_does() -> None:
    assert not rules._HASHER.check_needs_rehash(rules._NOBODY)


async def test_composed_and_decomposed_are_the_same_password() -> None:
    assert await verify_password(await hash_password("caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301")


async def test_the_loop_is_free_and_too_many_are_told_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_turns", Turns(1, 0.0))
    stored = await hash_password("correct horse")
    waiting = [asyncio.create_task(verify_password(stored, "correct horse")) for _ in range(9)]
    await asyncio.sleep(0)
    with pytest.raises(TryAgain) as told:
        await hash_password("correct horse")
    assert told.value.retry_after_ms > 0
    assert await asyncio.gather(*waiting) == [True] * 9
    assert await verify_password(await hash_password("correct horse"), "correct horse")


async def test_a_turn_within_a_turn_is_the_same_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_turns", Turns(1, 0.0))
    async with asyncio.timeout(5), turn_to_hash("203.0.113.7"), turn_to_hash("ada"):
        assert await verify_password(await hash_password("correct horse"), "correct horse")


async def test_a_process_that_hashes_leaves_a_busy_processor_to_others_and_may_be_killed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = await hash_password("correct horse")
    running = [child.process for child in ask._resting]
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert running
    assert all(os.getpriority(os.PRIO_PROCESS, process.pid) > own for process in running)
    for process in running:
        process.kill()
    both = (verify_password(stored, "correct horse") for _ in range(2))
    assert await asyncio.gather(*both) == [True, True]
    running = [child.process for child in ask._resting]
    ask._end_idle()
    assert [child.process for child in ask._resting] == running  # they were asked just now
    monkeypatch.setattr(ask, "IDLE", 0.0)
    ask._end_idle()
    assert ask._resting == []
    assert {process.poll() for process in running} == {0}
    monkeypatch.undo()
    assert await verify_password(stored, "correct horse")
