"""What all fields of a cart share."""

import asyncio

import pytest

from infra.runtime import Infra
from resolvers.cart.types import Cart
from resolvers.shared.context import Context
from services.cart.rules import Owner
from services.session.access_tokens import AccessTokens
from tests.factories import variant_in_stock
from tests.integration.carts.filling import add
from tests.modes import ONE_MODE

pytestmark = ONE_MODE


async def test_a_field_that_is_cancelled_leaves_the_view_to_the_others(infra: Infra, ada: Owner) -> None:
    cart = Cart.of(await add(infra, ada, await variant_in_stock(infra), 3))
    context = Context(infra, AccessTokens.from_settings(infra.settings))
    first, second = (asyncio.create_task(cart.load_view(context)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert (await second).quantity() == 3
    assert (await cart.load_view(context)).quantity() == 3
