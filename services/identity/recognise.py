"""Whose account an identity signs in to: the one it is linked to, or a new one; never one by its e-mail alone."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import Identity, MailKind, Role, User
from services.audit.record import record
from services.identity.link_identity import add_identity
from services.identity.provider_identity import ProviderIdentity
from services.mail.queue_mail import queue_mail
from services.session.rules import may_sign_in
from services.shared.client import Client
from services.shared.errors import TryAgain
from services.user.claim_guests import claim_guests
from services.user.find_person import find_person
from services.user.index_account import index_new


class SignInRefused(Exception):
    """``code`` is what the front end is told."""

    code: ClassVar[str]


class AccountUnavailable(SignInRefused):
    """The account is locked."""

    code = "ACCOUNT_UNAVAILABLE"


class EmailMissing(SignInRefused):
    """The provider gave no e-mail address, and no account is there without one."""

    code = "EMAIL_MISSING"


class EmailUnconfirmed(SignInRefused):
    """The address has an account, and the provider does not vouch for it."""

    code = "EMAIL_TAKEN"


class LinkRequired(SignInRefused):
    """The address has an account, whose owner must confirm that this identity is theirs too."""

    code = "LINK_REQUIRED"

    def __init__(self, user_id: UUID) -> None:
        super().__init__(self.code)
        self.user_id = user_id


async def recognise(infra: Infra, identity: ProviderIdentity, client: Client) -> UUID:
    """Find whose identity it is, or sign them up.

    Returns the user's id. Errors: SignInRefused, TryAgain, StoreUnavailable.
    """

    async def work(session: AsyncSession) -> UUID:
        if (owner := await _owner(session, identity)) is not None:
            return _signs_in(owner)
        if not identity.email:
            raise EmailMissing
        existing = await session.scalar(select(User).where(User.email == identity.email))
        if existing is None:
            return await _register(infra, session, identity, client)
        # Made since the first look, perhaps, by this person's other tab.
        if (owner := await _owner(session, identity)) is not None:
            return _signs_in(owner)
        raise LinkRequired(existing.id) if identity.email_verified and may_sign_in(existing) else EmailUnconfirmed

    # Whoever loses a race for the identity, or for the address, looks once more and finds it taken.
    for _ in range(2):
        try:
            return await infra.database.transact(work, timeout=infra.settings.store_timeout)
        except IntegrityError:
            continue
    raise TryAgain


def _signs_in(owner: User) -> UUID:
    if not may_sign_in(owner):
        raise AccountUnavailable
    return owner.id


async def _owner(session: AsyncSession, identity: ProviderIdentity) -> User | None:
    query = (
        select(User)
        .join(Identity, Identity.user_id == User.id)
        .where(Identity.issuer == identity.issuer, Identity.subject == identity.subject)
    )
    return await session.scalar(query)


async def _register(infra: Infra, session: AsyncSession, identity: ProviderIdentity, client: Client) -> UUID:
    user, now = _new_user(infra, identity), infra.now()
    user.person_id = await find_person(session, user.email, user.id)
    session.add(user)
    await session.flush()
    session.add_all(index_new(user))
    record(session, "user.registered", now=now, subject=user.id, client=client)
    await add_identity(session, user, identity, now=now, client=client)
    if identity.email_verified:
        await claim_guests(session, user, now)
    else:
        queue_mail(
            session, MailKind.VERIFY_EMAIL, recipient=user.email, locale=user.locale, now=now, user_id=user.id
        )
    return user.id


def _new_user(infra: Infra, identity: ProviderIdentity) -> User:
    now = infra.now()
    return User(
        id=new_id(),
        email=identity.email,
        display_name=identity.name,
        password_hash="",
        roles=[Role.CUSTOMER.value],
        locale=identity.locale,
        created_at=now,
        email_verified_at=now if identity.email_verified else None,
    )
