import asyncio
import threading

import pytest

from services.errors import TryAgain
from services.user import passwords
from services.user.passwords import hash_password, verify_password


async def test_only_the_password_matches() -> None:
    stored = await hash_password("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verify_password(stored, "correct horse")
    assert not await verify_password(stored, "Correct horse")
    assert not await verify_password(stored, "")
    assert not await verify_password("no hash", "correct horse")
    assert stored != await hash_password("correct horse")


async def test_nobody_signs_in_without_an_account() -> None:
    assert not await verify_password(None, "correct horse")


def test_an_unknown_email_costs_what_a_known_one_does() -> None:
    assert not passwords._HASHER.check_needs_rehash(passwords._NOBODY)


async def test_composed_and_decomposed_are_the_same_password() -> None:
    assert await verify_password(await hash_password("caf\u00e9 caf\u00e9"), "cafe\u0301 cafe\u0301")


async def test_the_loop_is_free_and_the_queue_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_MAX_QUEUED", 2)
    gate = threading.Event()
    waiting = [asyncio.create_task(passwords._run(gate.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TryAgain):
        await hash_password("correct horse")
    gate.set()
    assert await asyncio.gather(*waiting) == [True, True]
    assert await verify_password(await hash_password("correct horse"), "correct horse")
