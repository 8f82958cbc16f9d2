"""Confirm an e-mail address by the token mailed to it: the account's own, or the one it changes to."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind, TokenPurpose, User
from services.account.join_guests import join_guests
from services.audit.record import record
from services.mail.queue_mail import queue_for
from services.mail.rows import Redeemed, find_token, redeem_token, revoke_tokens
from services.session.revoke_sessions import revoke_sessions
from services.shared.client import NOWHERE, Client
from services.shared.errors import EmailTaken, InvalidToken, NotFound
from services.user.find_person import also_known_as
from services.user.index_account import index_account
from services.user.rows import lock_account

_PURPOSES = (TokenPurpose.VERIFY_EMAIL, TokenPurpose.CHANGE_EMAIL)


async def verify_email(infra: Infra, token: str, *, client: Client = NOWHERE) -> str:
    """Confirm an address by its mailed token. What was ordered with it as a guest is the account's from then on.

    Returns the address. Errors: InvalidToken, EmailTaken, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> tuple[str, Sequence[UUID]]:
        now = infra.now()
        found = await find_token(session, token, _PURPOSES, now)
        user = await _lock(session, found.user_id)
        redeemed = await redeem_token(session, token, _PURPOSES, now)
        if redeemed.purpose == TokenPurpose.CHANGE_EMAIL:
            await _change_email(session, user, redeemed, now, client)
        elif redeemed.data["email"] != user.mailbox:
            raise InvalidToken
        user.email_verified_at = now
        record(session, "email.verified", now=now, subject=user.id, client=client)
        joined = () if user.is_guest else await join_guests(session, user, now)
        return user.mailbox, joined

    try:
        address, ended = await infra.database.transact(work, timeout=infra.settings.store_timeout)
    except IntegrityError:
        raise EmailTaken("This e-mail address has an account already.") from None
    await revoke_sessions(infra, ended)
    return address


async def _lock(session: AsyncSession, user_id: UUID) -> User:
    try:
        return await lock_account(session, user_id)
    except NotFound:
        raise InvalidToken from None


async def _change_email(
    session: AsyncSession, user: User, redeemed: Redeemed, now: datetime, client: Client
) -> None:
    queue_for(session, MailKind.EMAIL_CHANGED, user, now)
    # Whoever still reads the old address must not get in with what was mailed there.
    await revoke_tokens(session, user, *TokenPurpose)
    user.email = redeemed.data["email"]
    await index_account(session, user)
    await also_known_as(session, user.email, user.person_id or user.id)
    record(session, "email.changed", now=now, subject=user.id, client=client)
