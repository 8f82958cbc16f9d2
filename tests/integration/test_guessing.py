"""Guessing codes and tokens is bounded, for the account and for the address; what is right costs nothing."""

import asyncio
from uuid import UUID

import pytest

from graphql_api.authentication import authenticate_header
from infra.ids import new_id
from infra.runtime import Infra, open_infra
from models.enums import Scope
from resolvers.shared.failures import RequestError
from services.checkout.checkout import Checkout, checkout
from services.checkout.compose_order import Terms
from services.checkout.create_quote import create_quote
from services.session.access_tokens import AccessTokens
from services.shared.client import Client
from services.shared.errors import InvalidInput, RateLimited
from services.token.create_token import LENGTH, PREFIX, NewToken, create_token
from services.token.known_tokens import KnownTokens
from services.user.register import register
from settings import Settings
from tests.factories import variant_in_stock
from tests.integration.catalog.products import statements
from tests.integration.test_checkout import put
from tests.integration.test_discounts import new_code
from tests.modes import ONE_MODE

pytestmark = ONE_MODE
HOME, AWAY = Client("203.0.113.7"), Client("198.51.100.200")


async def _quote(infra: Infra, customer: UUID, code: str, client: Client) -> object:
    return await create_quote(infra, customer, Terms(discount_code=code), client)


async def test_wrong_codes_are_counted_for_the_account_and_the_address(settings: Settings) -> None:
    limits = {"wrongCodes": "3/600s", "wrongCodesByAddress": "5/600s"}
    async with open_infra(settings.model_copy(update={"rate_limits": limits})) as infra:
        await new_code(infra)
        variant, customers = await variant_in_stock(infra), [new_id() for _ in range(3)]
        for customer in customers:
            await put(infra, customer, variant, 1)
        ada, eve, kim = customers
        for _ in range(6):
            await _quote(infra, ada, "spring", HOME)
        # As in a batch of aliased fields: all at once.
        wrong = (_quote(infra, ada, f"GUESS{number}", HOME) for number in range(9))
        told = [type(one) for one in await asyncio.gather(*wrong, return_exceptions=True)]
        assert (told.count(InvalidInput), told.count(RateLimited)) == (3, 6)
        # Nor is it told now that a code is right, anywhere that takes one.
        with pytest.raises(RateLimited):
            await checkout(infra, Checkout(ada, "key", Terms(discount_code="spring"), AWAY))
        assert await _quote(infra, eve, "spring", HOME)
        for _ in range(2):
            with pytest.raises(InvalidInput):
                await _quote(infra, eve, "GUESS", HOME)
        with pytest.raises(RateLimited):
            await _quote(infra, kim, "spring", HOME)
        assert await _quote(infra, kim, "spring", AWAY)


async def test_wrong_tokens_are_counted_before_the_database_is_asked(settings: Settings) -> None:
    async with open_infra(settings.model_copy(update={"rate_limits": {"wrongTokens": "4/600s"}})) as infra:
        tokens, machines = AccessTokens.from_settings(settings), KnownTokens(infra)

        async def told(token: str, client: Client = HOME) -> str:
            try:
                found = await authenticate_header(f"Bearer {token}".encode(), infra, tokens, machines, client)
            except (RequestError, RateLimited) as error:
                return error.code
            return "" if found is None else "known"

        made = [await create_token(infra, NewToken("till", (Scope.ORDERS_READ,)), actor="test") for _ in range(6)]
        assert [await told(one.token) for one in made[:5]] == ["known"] * 5
        unknown = [f"{PREFIX}{number}".ljust(LENGTH, "x") for number in range(9)]
        with statements(infra) as seen:
            answers = await asyncio.gather(*(told(token) for token in unknown[:7]))
        assert sorted(answers) == ["RATE_LIMITED"] * 3 + ["UNAUTHENTICATED"] * 4
        assert len(seen) == 4
        with statements(infra) as seen:
            # Of any kind; also one that is right, and was not seen here before.
            assert [await told(token) for token in (unknown[8], "a.b.c", made[5].token)] == ["RATE_LIMITED"] * 3
        assert seen == []
        user = await register(infra, email="ada@example.com", password="correct horse battery", display_name="Ada")
        assert [await told(token) for token in (made[0].token, tokens.issue(user).token)] == ["known"] * 2
        assert await told(unknown[8], AWAY) == "UNAUTHENTICATED"
