"""Ask for a mail to choose a new password with."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind
from services.mail.queue_mail import queue_mail
from services.user.rules import InvalidEmail, normalise_email


async def request_password_reset(infra: Infra, email: str) -> None:
    """Queue a mail with a link. Does the same, and takes as long, whether there is such an account or not: only
    the worker finds out.

    Errors: StoreUnavailable.
    """
    try:
        recipient = normalise_email(email)
    except InvalidEmail:
        return

    async def work(session: AsyncSession) -> None:
        queue_mail(session, MailKind.RESET_PASSWORD, recipient=recipient, locale="", now=infra.now())

    await infra.database.transact(work, timeout=infra.settings.store_timeout)
