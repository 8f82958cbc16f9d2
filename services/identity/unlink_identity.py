"""Unlink an identity, as long as another way to sign in remains."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Identity, MailKind, User
from services.audit.record import record
from services.identity.link_identity import provider_title
from services.mail.queue_mail import queue_mail
from services.shared.client import Client
from services.shared.errors import LastSignInMethod, NotFound
from services.user.rows import lock_account
from settings import Settings


async def unlink_identity(infra: Infra, user_id: UUID, identity_id: UUID, client: Client) -> None:
    """Errors: NotFound when it is another's, LastSignInMethod, StoreUnavailable."""

    async def work(session: AsyncSession) -> None:
        user, now = await lock_account(session, user_id), infra.now()
        rows = list(await session.scalars(select(Identity).where(Identity.user_id == user_id)))
        row = next((row for row in rows if row.id == identity_id), None)
        if row is None:
            raise NotFound("There is no such identity.")
        if not _can_sign_in(user, [other for other in rows if other is not row], infra.settings):
            raise LastSignInMethod
        await session.delete(row)
        details = {"provider": row.provider, "issuer": row.issuer}
        record(session, "identity.unlinked", now=now, subject=user.id, client=client, details=details)
        queue_mail(
            session,
            MailKind.IDENTITY_UNLINKED,
            recipient=user.email,
            locale=user.locale,
            now=now,
            user_id=user.id,
            data={"name": user.display_name, "provider": provider_title(infra, row.provider)},
        )

    await infra.database.transact(work, timeout=infra.settings.store_timeout)


def _can_sign_in(user: User, identities: list[Identity], settings: Settings) -> bool:
    """Returns whether the user can sign in, by the password, or by an identity whose provider is still
    configured."""
    issuers = {provider.issuer for provider in settings.sign_in.oidc_providers.values()}
    return bool(user.password_hash) or any(row.issuer in issuers for row in identities)
