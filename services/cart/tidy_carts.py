"""Forget carts: those that guests have abandoned, and that of an account that is closed."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models import Cart, CartItem
from services.cart.keys import cart_key, dirty_key

_EXPIRED_FOR: Final = timedelta(days=1)
_BATCH: Final = 200


async def tidy_carts(infra: Infra) -> int:
    """Delete guests' carts a day after they expired; nobody can reach them any more. Errors: StoreUnavailable."""
    deleted = 0
    while True:
        until = infra.now() - _EXPIRED_FOR

        async def work(session: AsyncSession, until: datetime = until) -> int:
            return await _delete_expired(session, until)

        count = await infra.database.transact(work)
        deleted += count
        if count < _BATCH:
            return deleted


async def _delete_expired(session: AsyncSession, until: datetime) -> int:
    expired = select(Cart.id).where(Cart.expires_at < until).order_by(Cart.expires_at).limit(_BATCH)
    ids = list(await session.scalars(expired.with_for_update()))
    if ids:
        await session.execute(delete(CartItem).where(CartItem.cart_id.in_(ids)))
        await session.execute(delete(Cart).where(Cart.id.in_(ids)))
    return len(ids)


async def erase_cart(session: AsyncSession, user_id: UUID) -> None:
    """Delete a customer's cart in the transaction that closes the account."""
    await session.execute(delete(CartItem).where(CartItem.cart_id == user_id))
    await session.execute(delete(Cart).where(Cart.id == user_id))


async def forget_cart(infra: Infra, user_id: UUID) -> None:
    """Drop the copy in Redis after that.

    Never fails: it cannot be written back, and nobody can sign in to see it.
    """
    with suppress(StoreUnavailable):
        await infra.redis.execute(("DEL", cart_key(user_id)), ("ZREM", dirty_key(user_id), user_id.hex))
