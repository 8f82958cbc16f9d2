"""Ask for a mail that confirms one's e-mail address."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind, User
from services.mail.queue_mail import queue_mail
from services.shared.errors import EmailAlreadyVerified
from services.shared.rate_limits import GUEST_MAILS, spend
from services.user.rows import lock_account
from services.user.rules import normalise_locale, person_key


async def request_email_verification(infra: Infra, user_id: UUID, *, locale: str | None = None) -> str:
    """Mail a link that confirms the address. Returns where it goes; ``locale`` is the mail's language, the
    profile's when None.

    Errors: EmailAlreadyVerified, InvalidInput, RateLimited, StoreUnavailable.
    """
    language = None if locale is None else normalise_locale(locale)
    await _count_guests(infra, user_id)

    async def work(session: AsyncSession) -> str:
        user = await lock_account(session, user_id)
        if user.email_verified_at is not None:
            raise EmailAlreadyVerified
        queue_mail(
            session,
            MailKind.VERIFY_EMAIL,
            recipient=user.mailbox,
            locale=language or user.locale,
            now=infra.now(),
            user_id=user.id,
        )
        return user.mailbox

    return await infra.database.transact(work, timeout=infra.settings.store_timeout)


async def _count_guests(infra: Infra, user_id: UUID) -> None:
    """Anybody can start sessions with an address: its mailbox must not be flooded. Errors: RateLimited."""
    async with infra.database.read() as session:
        mailbox = await session.scalar(select(User.guest_email).where(User.id == user_id))
    if mailbox is not None:
        await spend(infra, GUEST_MAILS, person_key(mailbox), exact=True)
