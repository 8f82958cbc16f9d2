"""Ask for a mail that confirms that an identity is of the same person as the account with its e-mail address."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind
from services.identity.keys import Purpose, redeem
from services.identity.link_identity import provider_title
from services.identity.provider_identity import ProviderIdentity
from services.mail.queue_mail import queue_mail
from services.shared.errors import NotFound, SignInCodeExpired
from services.user.rows import lock_account


async def request_link_mail(infra: Infra, *, code: str, verifier: str | None = None) -> None:
    """Mail a link that links an identity, for those who do not know the account's password.

    Errors: SignInCodeExpired, StoreUnavailable.
    """
    data = await redeem(infra, Purpose.LINK, code, verifier)
    identity = ProviderIdentity.from_json(data["identity"])

    async def work(session: AsyncSession) -> None:
        user = await lock_account(session, UUID(data["user"]))
        queue_mail(
            session,
            MailKind.LINK_IDENTITY,
            recipient=user.email,
            locale=user.locale,
            now=infra.now(),
            user_id=user.id,
            data={
                "provider": provider_title(infra, identity.provider),
                "provider_name": identity.provider,
                "issuer": identity.issuer,
                "subject": identity.subject,
            },
        )

    try:
        await infra.database.transact(work, timeout=infra.settings.store_timeout)
    except NotFound:
        raise SignInCodeExpired from None
