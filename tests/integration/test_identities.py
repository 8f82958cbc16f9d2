"""Whose account an identity signs in to, when many ask at once."""

import asyncio
from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select

from infra.runtime import Infra
from models import Identity, User
from services.identity.keys import Purpose, issue, redeem
from services.identity.link_identity import issue_link_code, link_identity
from services.identity.provider_identity import ProviderIdentity
from services.identity.recognise import LinkRequired, recognise
from services.shared.client import NOWHERE
from services.shared.errors import SignInCodeExpired

ADA = ProviderIdentity("example", "https://example.test", "ada", "ada@example.com", True, "Ada", "en")


async def counts(infra: Infra) -> tuple[int, int]:
    async with infra.database.read() as session:
        users = await session.scalar(select(func.count()).select_from(User))
        identities = await session.scalar(select(func.count()).select_from(Identity))
    return users or 0, identities or 0


async def test_who_signs_in_twice_at_once_is_one_user(infra: Infra) -> None:
    found = await asyncio.gather(*(recognise(infra, ADA, NOWHERE) for _ in range(8)))
    assert len(set(found)) == 1
    assert await counts(infra) == (1, 1)


async def test_of_two_identities_with_one_new_address_one_makes_the_account(infra: Infra) -> None:
    several = [replace(ADA, subject=f"ada-{number}") for number in range(6)]
    found = await asyncio.gather(*(recognise(infra, one, NOWHERE) for one in several), return_exceptions=True)
    made = [result for result in found if isinstance(result, UUID)]
    refused = [result for result in found if isinstance(result, LinkRequired)]
    assert (len(made), len(refused)) == (1, 5)
    assert {refusal.user_id for refusal in refused} == set(made)
    assert await counts(infra) == (1, 1)


async def test_the_same_subject_of_another_issuer_is_another_person(infra: Infra) -> None:
    first = await recognise(infra, ADA, NOWHERE)
    other = replace(ADA, issuer="https://other.test", email="other@example.com")
    shouting = replace(ADA, subject="ADA", email="shouting@example.com")
    assert len({first, await recognise(infra, other, NOWHERE), await recognise(infra, shouting, NOWHERE)}) == 3


async def test_of_many_who_race_with_one_code_one_gets_it(infra: Infra) -> None:
    code = await issue(infra, Purpose.SIGN_IN, {"user": "x"})
    tries = (redeem(infra, Purpose.SIGN_IN, code, None) for _ in range(20))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert [result for result in results if isinstance(result, dict)] == [{"user": "x", "challenge": None}]
    assert sum(isinstance(result, SignInCodeExpired) for result in results) == 19


async def test_secrets_are_kept_as_hashes_and_not_for_long(infra: Infra) -> None:
    code = await issue(infra, Purpose.SIGN_IN, {})
    [key] = await infra.redis.client.keys("oidc:*")
    assert code.encode() not in key
    assert 0 < await infra.redis.client.ttl(key) <= 60


async def test_an_identity_is_linked_once_by_many_codes(infra: Infra) -> None:
    user_id = await recognise(infra, ADA, NOWHERE)
    other = replace(ADA, subject="other")
    codes = [await issue_link_code(infra, user_id, other) for _ in range(5)]
    rows = await asyncio.gather(*(link_identity(infra, user_id, code=code, client=NOWHERE) for code in codes))
    assert len({row.id for row in rows}) == 1
    assert await counts(infra) == (1, 2)
