"""Forget a guest, who asks for it: personal data is erased, orders are kept."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.account.close_account import PERSONS_KEPT
from services.account.erase_user import erase_user
from services.address.find_addresses import forget_addresses
from services.audit.record import record
from services.cart.tidy_carts import forget_cart
from services.session.end_session import Reason, end_all_sessions
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.shared.errors import InvalidInput, NotFound
from services.user.find_person import forget_person
from services.user.rows import lock_account


async def forget_guest(infra: Infra, user_id: UUID, *, email: str, client: Client = NOWHERE) -> datetime:
    """Returns when it was done. Errors: NotFound for an account, which its password closes; InvalidInput for
    another address than the guest's; StoreUnavailable.
    """
    now = infra.now()

    async def work(session: AsyncSession) -> Sequence[UUID]:
        user = await lock_account(session, user_id)
        if not user.is_guest:
            raise NotFound("There is no such guest.")
        if email.strip().lower() != user.mailbox:
            raise InvalidInput.at("email", message="is not the one of this session")
        ended = await end_all_sessions(session, user.id, Reason.ACCOUNT_CLOSED, now)
        if user.person_id is not None:
            await forget_person(session, user.person_id, now + PERSONS_KEPT)
        await erase_user(session, user)
        user.closed_at = now
        record(session, "guest.forgotten", now=now, subject=user.id, client=client)
        return ended

    ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    await revoke_sessions(infra, ended)
    await forget_addresses(infra, user_id)
    await forget_cart(infra, user_id)
    return now
