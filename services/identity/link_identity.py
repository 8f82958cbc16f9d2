"""Link an identity to an account, once its owner is known to want it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Identity, MailKind, User
from services.audit.record import record
from services.identity.keys import Purpose, issue, redeem
from services.identity.provider_identity import ProviderIdentity
from services.mail.queue_mail import queue_mail
from services.shared.client import Client
from services.shared.errors import IdentityTaken, SignInCodeExpired
from services.user.claim_guests import claim_guests
from services.user.rows import lock_account


async def issue_link_code(
    infra: Infra, user_id: UUID, identity: ProviderIdentity, challenge: str | None = None
) -> str:
    """Issue a code by which this user, and nobody else, can link the identity. Errors: StoreUnavailable."""
    return await issue(infra, Purpose.LINK, {"user": user_id.hex, "identity": identity.to_json()}, challenge)


async def link_identity(
    infra: Infra, user_id: UUID, *, code: str, verifier: str | None = None, client: Client
) -> Identity:
    """Errors: SignInCodeExpired, for a code that is meant for another user too; IdentityTaken, StoreUnavailable.

    Were it not for this user alone, whoever makes a victim's browser send a code of theirs would link their own
    identity to the victim's account (RFC 9700, 4.7).
    """
    data = await redeem(infra, Purpose.LINK, code, verifier)
    if data["user"] != user_id.hex:
        raise SignInCodeExpired
    identity = ProviderIdentity.from_json(data["identity"])

    async def work(session: AsyncSession) -> Identity:
        user, now = await lock_account(session, user_id), infra.now()
        row = await add_identity(session, user, identity, now=now, client=client)
        _mail_of_link(infra, session, user, identity, now)
        if identity.email_verified and identity.email == user.email:
            user.email_verified_at = user.email_verified_at or now
            await claim_guests(session, user, now)
        return row

    try:
        return await infra.database.transact(work, timeout=infra.settings.store_timeout)
    except IntegrityError:
        raise IdentityTaken from None


async def add_identity(
    session: AsyncSession, user: User, identity: ProviderIdentity, *, now: datetime, client: Client
) -> Identity:
    """Link an identity. Returns the row, which may be there already. ``user`` is locked. Errors: IdentityTaken."""
    found = await session.scalar(
        select(Identity).where(Identity.issuer == identity.issuer, Identity.subject == identity.subject)
    )
    if found is not None:
        if found.user_id != user.id:
            raise IdentityTaken
        return found
    row = Identity(
        id=new_id(),
        user_id=user.id,
        provider=identity.provider,
        issuer=identity.issuer,
        subject=identity.subject,
        created_at=now,
    )
    session.add(row)
    details = {"provider": identity.provider, "issuer": identity.issuer}
    record(session, "identity.linked", now=now, subject=user.id, client=client, details=details)
    return row


def _mail_of_link(
    infra: Infra, session: AsyncSession, user: User, identity: ProviderIdentity, now: datetime
) -> None:
    """Whoever did not want this learns of it."""
    data = {"name": user.display_name, "provider": provider_title(infra, identity.provider)}
    queue_mail(
        session,
        MailKind.IDENTITY_LINKED,
        recipient=user.email,
        locale=user.locale,
        now=now,
        user_id=user.id,
        data=data,
    )


def provider_title(infra: Infra, name: str) -> str:
    """Returns what people call the provider; its name when it is configured no more."""
    provider = infra.settings.sign_in.oidc_providers.get(name)
    return (provider.title if provider else "") or name
