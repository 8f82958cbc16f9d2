"""Guessing one account's password is bounded, and its owner comes in while others guess."""

from pathlib import Path

import pytest

from infra.runtime import Infra, open_infra
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn
from services.shared.client import Client
from services.shared.errors import InvalidCredentials, RateLimited
from services.user.login import login
from services.user.register import register
from settings import Settings
from tests.modes import ONE_MODE
from tests.redis_server import frozen, redis_server, url_of

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
HOME, AWAY = "203.0.113.7", "198.51.100.200"


async def _try(infra: Infra, ip: str, password: str = "a wrong password", email: str = EMAIL) -> SignedIn:
    tokens = AccessTokens.from_settings(infra.settings, infra.now)
    return await login(infra, tokens, email=email, password=password, client=Client(ip, "Firefox"))


async def _checked(infra: Infra, ips: list[str], email: str = EMAIL) -> int:
    """How many wrong passwords were looked at, one from each address."""
    checked = 0
    for ip in ips:
        with pytest.raises((InvalidCredentials, RateLimited)) as caught:
            await _try(infra, ip, email=email)
        checked += caught.type is InvalidCredentials
    return checked


async def test_another_spelling_is_no_other_account(infra: Infra) -> None:
    """One character in full width after the other, all of them, capitals, spaces."""
    await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")
    wide = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
    spellings = [EMAIL[:at] + EMAIL[at].translate(wide) + EMAIL[at + 1 :] for at in range(len(EMAIL))]
    spellings += [EMAIL.upper(), f" {EMAIL}\t", EMAIL.translate(wide), EMAIL.replace("a", "Ａ")]
    refused = 0
    for spelling in spellings:
        with pytest.raises((InvalidCredentials, RateLimited)) as caught:
            await _try(infra, HOME, email=spelling)
        refused += caught.type is RateLimited
    assert len(spellings) - refused == 5


async def test_the_right_password_is_taken_while_many_addresses_guess(settings: Settings) -> None:
    # As ever, but for the time: however slow the machine, no try is allowed again meanwhile.
    limits = {"loginAccount": "100/1000000s", "loginFirst": "1/1000000s"}
    async with open_infra(settings.model_copy(update={"rate_limits": limits})) as infra:
        await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")
        await _try(infra, HOME, PASSWORD)
        guessing = [f"198.51.100.{number}" for number in range(1, 111)]
        assert await _checked(infra, guessing) == 110
        # Over the account's limit by now: no second try from any, the first of all others.
        assert await _checked(infra, guessing[100:]) == 0
        assert (await _try(infra, HOME, PASSWORD)).user.email == EMAIL
        assert await _checked(infra, guessing[:100]) == 100
        assert (await _try(infra, AWAY, PASSWORD)).user.email == EMAIL


async def test_from_where_one_signed_in_before_one_has_the_few_tries_of_an_address(settings: Settings) -> None:
    limits = {"loginAccount": "1/1000s", "loginStrangers": "3/1000s"}
    async with open_infra(settings.model_copy(update={"rate_limits": limits})) as infra:
        await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")
        await _try(infra, "2001:db8:1:1::7", PASSWORD)
        await _try(infra, HOME, PASSWORD)
        strangers = [f"198.51.100.{number}" for number in range(1, 21)]
        # One as ever, and three: however many come, there are no more.
        assert await _checked(infra, strangers) == 4
        with pytest.raises(RateLimited):
            await _try(infra, AWAY, PASSWORD)
        assert await _checked(infra, [HOME] * 8) == 5
        with pytest.raises(RateLimited):
            await _try(infra, HOME, PASSWORD)
        # Of IPv6 the same network.
        assert (await _try(infra, "2001:db8:1:1::8", PASSWORD)).user.email == EMAIL


async def test_an_account_that_is_none_is_throttled_alike(settings: Settings) -> None:
    async with open_infra(settings.model_copy(update={"rate_limits": {"loginAccount": "1/1000s"}})) as infra:
        for email in ("nobody@example.com", "no address"):
            assert await _checked(infra, [HOME, AWAY, HOME, AWAY], email) == 3


@ONE_MODE
async def test_wrong_passwords_are_counted_while_redis_is_frozen(settings: Settings, tmp_path: Path) -> None:
    with redis_server(tmp_path) as server:
        its = settings.with_redis(url_of(server)).model_copy(update={"store_timeout": 0.1})
        async with open_infra(its.model_copy(update={"store_timeout": 5.0})) as calm:
            await register(calm, email=EMAIL, password=PASSWORD, display_name="Ada")
        async with open_infra(its) as infra:
            with frozen(server):
                assert await _checked(infra, [HOME] * 14) == 5
            assert await _checked(infra, [HOME] * 2) == 0
