"""The e-mail address of an account: confirmed, changed, and never flooded."""

import asyncio

import pytest
from sqlalchemy import select

from models import AccountToken
from tests.e2e.account.asking import (
    INVALID,
    ME,
    NEW_PASSWORD,
    RESET,
    WRONG_PASSWORD,
    do,
    expire_tokens,
    queue_is_empty,
    sign_in,
)
from tests.e2e.shop import PASSWORD, REGISTER, Person, Shop
from tests.mailbox import Mailbox, html_of, text_of, token_in
from tests.modes import ONE_MODE

pytestmark = pytest.mark.usefixtures("worker")

CONFIRM = "Confirm your e-mail address"


CONFIRM_NEW = "Confirm your new e-mail address"


@ONE_MODE
async def test_a_new_address_is_confirmed_once(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    assert (await shop.ask(ME, by=ada))["me"]["emailVerified"] is False
    token = await mailbox.token(ada.email, CONFIRM)
    assert await do(shop, "verifyEmail", {"token": token}) == {
        "__typename": "VerifyEmailSuccess",
        "email": ada.email,
    }
    assert (await shop.ask(ME, by=ada))["me"]["emailVerified"] is True
    assert await do(shop, "verifyEmail", {"token": token}) == INVALID
    again = await do(shop, "requestEmailVerification", None, ada)
    assert (again["__typename"], again["code"]) == ("EmailAlreadyVerified", "EMAIL_ALREADY_VERIFIED")


@ONE_MODE
async def test_what_no_mail_said_is_no_token(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    token = await mailbox.token(ada.email, CONFIRM)
    for wrong in ("", "x", token[:-1], token + "x", token.swapcase(), "💥", "\0", "x" * 5000, f" {token}"):
        assert await do(shop, "verifyEmail", {"token": wrong}) == INVALID
        assert await do(shop, "resetPassword", {"token": wrong, "newPassword": NEW_PASSWORD}) == INVALID
    # One for another purpose is none either.
    assert await do(shop, "resetPassword", {"token": token, "newPassword": NEW_PASSWORD}) == INVALID
    await expire_tokens(shop)
    assert await do(shop, "verifyEmail", {"token": token}) == INVALID
    assert (await shop.ask(ME, by=ada))["me"]["emailVerified"] is False
    asked = await do(shop, "requestEmailVerification", None, ada)
    assert asked == {"__typename": "RequestEmailVerificationSuccess", "email": ada.email}
    [_, newer] = await mailbox.tokens(ada.email, CONFIRM, 2)
    assert (await do(shop, "verifyEmail", {"token": newer}))["__typename"] == "VerifyEmailSuccess"


@ONE_MODE
async def test_mails_are_in_the_users_language_and_in_no_log(
    shop: Shop, mailbox: Mailbox, capfd: pytest.CaptureFixture[str]
) -> None:
    given = {"email": "li@example.com", "password": PASSWORD, "displayName": "李小龙", "locale": "zh-Hans"}
    session = (await shop.ask(REGISTER, {"input": given}))["register"]
    li = Person(session["user"]["id"], "li@example.com", session["accessToken"])
    mail = await mailbox.get("li@example.com", "请确认您的邮箱地址")
    token = token_in(mail)
    assert "此链接只能使用一次" in text_of(mail)
    assert f"http://localhost:3000/verify-email#token={token}" in html_of(mail)
    assert (mail["From"], mail["Content-Language"]) == ("Rushcart <no-reply@localhost>", "zh")
    # For once in another language.
    await do(shop, "requestEmailVerification", {"locale": "en"}, li)
    second = await mailbox.token("li@example.com", CONFIRM)
    await do(shop, "requestPasswordReset", {"email": "LI@example.com "})
    reset = await mailbox.token("li@example.com", "重置您的密码")
    [path] = {path.parent for path in (mailbox.home / "mail").iterdir()}
    assert {oct(file.stat().st_mode & 0o777) for file in path.iterdir()} == {"0o600"}
    await queue_is_empty(shop)
    logged = "".join(capfd.readouterr())
    assert "mail.sent" in logged
    assert not any(secret in logged for secret in (token, second, reset, "li@example.com"))
    async with shop.server.infra.database.read() as database:
        rows = [str(row) for row in await database.execute(select(AccountToken.__table__))]
    assert len(rows) == 3
    assert not any(secret in row for row in rows for secret in (token, second, reset))


@ONE_MODE
async def test_one_mailbox_is_not_flooded(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    await asyncio.gather(*(do(shop, "requestPasswordReset", {"email": ada.email}) for _ in range(12)))
    await queue_is_empty(shop)
    assert [mail["Subject"] for mail in mailbox.to(ada.email)].count(RESET) == 5


@ONE_MODE
async def test_a_changed_address_takes_effect_when_it_is_confirmed(shop: Shop, mailbox: Mailbox) -> None:
    ada, bob = await shop.customer(), await shop.customer("Bob")
    new = "ada.new@example.com"
    assert await do(shop, "changeEmail", {"newEmail": new, "password": "wrong horse"}, ada) == WRONG_PASSWORD
    taken = await do(shop, "changeEmail", {"newEmail": bob.email, "password": PASSWORD}, ada)
    assert (taken["__typename"], taken["code"]) == ("EmailTaken", "EMAIL_TAKEN")
    for bad in ("ada", ada.email.upper()):
        answer = await do(shop, "changeEmail", {"newEmail": bad, "password": PASSWORD}, ada)
        assert [field["path"] for field in answer["fields"]] == [["input", "newEmail"]]
    answer = await do(shop, "changeEmail", {"newEmail": " Ada.New@EXAMPLE.com", "password": PASSWORD}, ada)
    assert answer == {"__typename": "ChangeEmailSuccess", "newEmail": new}
    token = await mailbox.token(new, CONFIRM_NEW)
    await mailbox.get(ada.email, "Your e-mail address is about to change")
    assert (await shop.ask(ME, by=ada))["me"]["email"] == ada.email
    first = await mailbox.token(ada.email, CONFIRM)
    await do(shop, "requestPasswordReset", {"email": ada.email})
    reset = await mailbox.token(ada.email, RESET)

    assert await do(shop, "verifyEmail", {"token": token}) == {"__typename": "VerifyEmailSuccess", "email": new}
    assert (await shop.ask(ME, by=ada))["me"] == {
        "email": new,
        "displayName": "Ada",
        "locale": "en",
        "emailVerified": True,
    }
    await mailbox.get(ada.email, "Your e-mail address was changed")
    # What went to the old address opens nothing any more.
    for old in (token, first):
        assert await do(shop, "verifyEmail", {"token": old}) == INVALID
    assert await do(shop, "resetPassword", {"token": reset, "newPassword": NEW_PASSWORD}) == INVALID
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "InvalidCredentials"
    assert (await sign_in(shop, new, PASSWORD))["__typename"] == "Session"


async def test_of_two_who_want_one_new_address_one_gets_it(shop: Shop, mailbox: Mailbox) -> None:
    ada, bob = await shop.customer(), await shop.customer("Bob")
    for person in (ada, bob):
        await do(shop, "changeEmail", {"newEmail": "one@example.com", "password": PASSWORD}, person)
    tokens = await mailbox.tokens("one@example.com", CONFIRM_NEW, 2)
    answers = await asyncio.gather(*(do(shop, "verifyEmail", {"token": token}) for token in tokens))
    assert sorted(answer["__typename"] for answer in answers) == ["EmailTaken", "VerifyEmailSuccess"]
    emails = {(await shop.ask(ME, by=person))["me"]["email"] for person in (ada, bob)}
    assert "one@example.com" in emails
    assert emails & {ada.email, bob.email}
