"""Ask for a mail that confirms one's e-mail address."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind
from services.mail.queue_mail import queue_mail
from services.shared.errors import EmailAlreadyVerified
from services.user.rows import lock_account
from services.user.rules import normalise_locale


async def request_email_verification(infra: Infra, user_id: UUID, *, locale: str | None = None) -> str:
    """Mail a link that confirms the address. Returns where it goes; ``locale`` is the mail's language, the
    profile's when None.

    Errors: EmailAlreadyVerified, InvalidInput, StoreUnavailable.
    """
    language = None if locale is None else normalise_locale(locale)

    async def work(session: AsyncSession) -> str:
        user = await lock_account(session, user_id)
        if user.email_verified_at is not None:
            raise EmailAlreadyVerified
        queue_mail(
            session,
            MailKind.VERIFY_EMAIL,
            recipient=user.email,
            locale=language or user.locale,
            now=infra.now(),
            user_id=user.id,
        )
        return user.email

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)
