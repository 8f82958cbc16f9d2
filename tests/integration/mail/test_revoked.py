"""A mail that waits for its next try is worth no more than one that was sent."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select, update

from infra import due_queue
from infra.ids import new_id
from infra.runtime import Infra
from models import AccountToken, MailKind, QueuedMail, TokenPurpose, User
from services.account.change_password import change_password
from services.account.close_account import close_account
from services.account.request_email_change import request_email_change
from services.account.request_email_verification import request_email_verification
from services.account.request_password_reset import request_password_reset
from services.account.reset_password import reset_password
from services.account.verify_email import verify_email
from services.mail.mailer import Mail, MailNotSent
from services.mail.queue_mail import queue_for
from services.mail.rows import issue_token
from services.mail.send_due_mails import send_due_mails
from services.user.lock_account import lock_account
from services.user.register import register
from services.user.rows import ByAdmin

EMAIL, NEW_EMAIL, PASSWORD, NEW = (
    "ada@example.com",
    "eve@example.net",
    "correct horse battery",
    "an even better one",
)
VERIFY, CHANGE, RESET, LINK = TokenPurpose

Act = Callable[[Infra, User], Awaitable[object]]


class Mailer:
    """Refuses the first ``refusals`` mails."""

    def __init__(self, refusals: int = 0) -> None:
        self.left, self.sent = refusals, list[Mail]()

    async def send(self, mail: Mail) -> None:
        if self.left:
            self.left -= 1
            raise MailNotSent("SMTP 451")
        self.sent.append(mail)


async def _token(infra: Infra, user: User, purpose: TokenPurpose, email: str) -> str:
    async with infra.database.write() as session:
        data, now = {"email": email}, infra.now()
        issued = await issue_token(session, user.id, purpose, data, now=now, ttl=600)
        assert issued is not None
        return issued.secret


async def _change(infra: Infra, user: User) -> object:
    return await change_password(infra, user.id, old=PASSWORD, new=NEW)


async def _reset(infra: Infra, user: User) -> None:
    await reset_password(infra, token=await _token(infra, user, RESET, EMAIL), new=NEW)


async def _move(infra: Infra, user: User) -> object:
    return await verify_email(infra, await _token(infra, user, CHANGE, "ada@example.org"))


async def _close(infra: Infra, user: User) -> object:
    return await close_account(infra, user.id, password=PASSWORD)


async def _lock(infra: Infra, user: User) -> object:
    return await lock_account(infra, ByAdmin(user.id, new_id()), "a stranger asked")


async def _waiting(infra: Infra) -> set[str]:
    async with infra.database.read() as session:
        kinds = await session.scalars(select(QueuedMail.kind))
        return {str(kind) for kind in kinds} & set(TokenPurpose)


async def _tokens(infra: Infra) -> set[str]:
    async with infra.database.read() as session:
        query = select(AccountToken.purpose).where(AccountToken.used_at.is_(None))
        return {str(purpose) for purpose in await session.scalars(query)}


async def _all_kinds(infra: Infra) -> User:
    ada = await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")
    await request_email_change(infra, ada.id, new_email=NEW_EMAIL, password=PASSWORD)
    await request_email_verification(infra, ada.id)
    await request_password_reset(infra, EMAIL)
    async with infra.database.write() as session:
        queue_for(session, MailKind.LINK_IDENTITY, ada, infra.now())
    assert await _waiting(infra) == set(TokenPurpose)
    return ada


@pytest.mark.parametrize(
    ("act", "left"),
    [(_change, {VERIFY, LINK}), (_reset, {VERIFY, LINK}), (_move, set()), (_close, set()), (_lock, set())],
)
async def test_what_revokes_tokens_revokes_the_mails_that_wait(
    infra: Infra, act: Act, left: set[TokenPurpose]
) -> None:
    """The others' mails stay."""
    ada = await _all_kinds(infra)
    for purpose in TokenPurpose:
        await _token(infra, ada, purpose, EMAIL)
    await act(infra, ada)
    assert await _waiting(infra) == left
    assert await _tokens(infra) == left
    await request_password_reset(infra, "bob@example.com")
    cyd = await register(infra, email="cyd@example.com", password=PASSWORD, display_name="Cyd")
    await change_password(infra, cyd.id, old=PASSWORD, new=NEW)
    assert await _waiting(infra) == {*left, RESET}


async def test_an_account_does_not_move_by_a_mail_that_was_asked_for_before_the_password_was_changed(
    infra: Infra,
) -> None:
    ada = await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")
    await request_email_change(infra, ada.id, new_email=NEW_EMAIL, password=PASSWORD)
    await send_due_mails(infra, Mailer(refusals=2))
    await change_password(infra, ada.id, old=PASSWORD, new=NEW)
    async with infra.database.write() as session:
        await session.execute(update(QueuedMail).values(due_at=infra.now()))
    later = Mailer()
    await send_due_mails(infra, later)
    assert {mail.recipient for mail in later.sent} == {EMAIL}
    assert await _tokens(infra) == set()


async def test_a_worker_that_holds_the_mail_already_makes_no_token(
    infra: Infra, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took the mail, then the password was changed, then it composes."""
    ada = await register(infra, email=EMAIL, password=PASSWORD, display_name="Ada")
    await request_email_change(infra, ada.id, new_email=NEW_EMAIL, password=PASSWORD)

    async def late(taken: object, work: object) -> int:
        await change_password(infra, ada.id, old=PASSWORD, new=NEW)
        return await due_queue.serve(taken, work)  # type: ignore[arg-type]

    monkeypatch.setattr("services.mail.send_due_mails.serve", late)
    mailer = Mailer()
    await send_due_mails(infra, mailer)
    assert {mail.recipient for mail in mailer.sent} == {EMAIL}
    assert await _tokens(infra) == set()
