"""Compose a mail that is due: who it goes to by now, and the token that it carries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MailKind, TokenPurpose, User
from services.mail.mailer import Mail
from services.mail.render import render, spoken_time
from services.mail.rows import IssuedToken, is_queued, issue_order_link, issue_token

_PAGES: Final = {
    MailKind.VERIFY_EMAIL: "verify-email",
    MailKind.CHANGE_EMAIL: "verify-email",
    MailKind.RESET_PASSWORD: "reset-password",
    MailKind.LINK_IDENTITY: "link-identity",
}


ORDER_OF_LINK: Final = "order_of_link"
"""What a guest's mail has in its data: the id, in hex, of the order that a secret link leads to."""


@dataclass(frozen=True, slots=True)
class Due:
    """A mail that this worker took from the queue; ``attempts`` counts this one."""

    id: UUID
    user_id: UUID | None
    kind: MailKind
    recipient: str
    locale: str
    data: dict[str, str]
    attempts: int


@dataclass(frozen=True, slots=True)
class Composed:
    mail: Mail
    token_id: UUID | None


async def compose(infra: Infra, due: Due) -> Composed | None:
    """Compose a queued mail; None when there is nobody to send it to, or no reason any more.

    A token is committed before its mail is sent: whoever gets the mail may use it at once.
    """
    if due.kind in _PAGES:
        return await infra.database.transact(lambda session: _with_token(session, infra, due))
    link = infra.settings.shop.storefront_url.rstrip("/")
    if (order_id := due.data.get(ORDER_OF_LINK)) is not None:
        secret = await infra.database.transact(lambda session: _order_link(session, infra, UUID(order_id)))
        link = f"{link}/order#token={secret}"
    return Composed(_mail(due, due.locale, {"link": link, **due.data}, infra.now()), None)


async def _order_link(session: AsyncSession, infra: Infra, order_id: UUID) -> str:
    return issue_order_link(session, order_id, infra.now(), infra.settings.shop.order_link_ttl)


async def _with_token(session: AsyncSession, infra: Infra, due: Due) -> Composed | None:
    storefront = infra.settings.shop.storefront_url.rstrip("/")
    user = await _addressee(session, due)
    # What revokes tokens deletes the mails that wait, also this one, which was taken before.
    if user is None or not await is_queued(session, due.id):
        return None
    token = await _issue(session, infra, due, user)
    if token is None:
        return None
    values = {
        **due.data,
        "name": user.display_name,
        "link": f"{storefront}/{_PAGES[due.kind]}#token={token.secret}",
        "expires": spoken_time(token.expires_at),
    }
    # Who only gave an address has given no language.
    locale = due.locale or user.locale
    return Composed(_mail(due, locale, values, infra.now()), token.id)


async def _addressee(session: AsyncSession, due: Due) -> User | None:
    """Returns the user whom the token will be for, while the reason for it still stands; locked, as tokens are
    counted."""
    # Whoever asks for a reset only gives an address. It is looked up here, not in the request, which therefore
    # does the same for an address that has no account.
    by = User.email == due.recipient if due.user_id is None else User.id == due.user_id
    user = await session.scalar(
        select(User).where(by, User.closed_at.is_(None), User.locked_at.is_(None)).with_for_update()
    )
    if user is None or due.kind != MailKind.VERIFY_EMAIL:
        return user
    return user if user.mailbox == due.recipient and user.email_verified_at is None else None


async def _issue(session: AsyncSession, infra: Infra, due: Due, user: User) -> IssuedToken | None:
    settings = infra.settings
    brief = due.kind in (MailKind.RESET_PASSWORD, MailKind.LINK_IDENTITY)
    return await issue_token(
        session,
        user.id,
        TokenPurpose(due.kind),
        # The token proves that this address is read, not another that the account has by the time it is used.
        {**(due.data if due.kind == MailKind.LINK_IDENTITY else {}), "email": due.recipient},
        now=infra.now(),
        ttl=settings.sign_in.reset_token_ttl if brief else settings.sign_in.email_token_ttl,
    )


def _mail(due: Due, locale: str, values: dict[str, str], now: datetime) -> Mail:
    rendered = render(due.kind, locale, {"recipient": due.recipient, **values})
    return Mail(due.id, due.recipient, rendered.language, rendered.subject, rendered.text, rendered.html, now)
