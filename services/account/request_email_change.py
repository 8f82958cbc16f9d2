"""Ask for another e-mail address: it takes effect when the mail that goes there is answered."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind, User
from services.account.rules import lock_proved, prove_password
from services.audit.record import record
from services.mail.queue_mail import queue_for
from services.shared.client import NOWHERE, Client
from services.shared.errors import EmailTaken, InvalidInput
from services.user.rules import InvalidEmail, normalise_email


async def request_email_change(
    infra: Infra, user_id: UUID, *, new_email: str, password: str, client: Client = NOWHERE
) -> str:
    """Mail a link that confirms the new address. Returns the address as it will be.

    Errors: InvalidInput, InvalidCredentials, EmailTaken, TryAgain, StoreUnavailable.
    """
    try:
        wanted = normalise_email(new_email)
    except InvalidEmail as error:
        raise InvalidInput.at("newEmail", message=str(error)) from None
    proved = await prove_password(infra, user_id, password)

    async def work(session: AsyncSession) -> None:
        user, now = await lock_proved(session, proved), infra.now()
        if wanted == user.email:
            raise InvalidInput.at("newEmail", message="is your address already")
        if await session.scalar(select(User.id).where(User.email == wanted)) is not None:
            raise EmailTaken("This e-mail address has an account already.")
        queue_for(session, MailKind.CHANGE_EMAIL, user, now, to=wanted)
        queue_for(session, MailKind.EMAIL_CHANGE_REQUESTED, user, now)
        record(session, "email.change_requested", now=now, subject=user.id, client=client)

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
    return wanted
