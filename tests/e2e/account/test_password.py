"""A password that is changed or reset ends what the old one began."""

import asyncio

import pytest
from sqlalchemy import select

from models import AccountToken, AuditEntry, RefreshSession
from tests.e2e.account.asking import (
    INVALID,
    ME,
    NEW_PASSWORD,
    RESET,
    WRONG_PASSWORD,
    count,
    do,
    expire_tokens,
    queue_is_empty,
    refused,
    sign_in,
    user_id,
)
from tests.e2e.shop import LOGIN, PASSWORD, Person, Shop
from tests.mailbox import Mailbox
from tests.modes import ONE_MODE

pytestmark = pytest.mark.usefixtures("worker")

REFRESH = """
mutation Refresh($input: RefreshSessionInput!) {
  refreshSession(input: $input) { __typename ... on Error { code } }
}
"""


@ONE_MODE
async def test_a_changed_password_ends_every_session(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    other = (await shop.ask(LOGIN.replace("accessToken", "accessToken refreshToken"), {"input": _login(ada)}))[
        "login"
    ]
    change = {"oldPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert await do(shop, "changePassword", {**change, "oldPassword": "wrong horse"}, ada) == WRONG_PASSWORD
    for bad in ("short", "x" * 1025, PASSWORD):
        answer = await do(shop, "changePassword", {**change, "newPassword": bad}, ada)
        assert [field["path"] for field in answer["fields"]] == [["input", "newPassword"]]
    assert (await shop.ask(ME, by=ada))["me"]["email"] == ada.email

    assert (await do(shop, "changePassword", change, ada))["__typename"] == "ChangePasswordSuccess"
    await refused(shop, ada)
    await refused(shop, Person(ada.id, ada.email, other["accessToken"]))
    renewed = await shop.ask(REFRESH, {"input": {"refreshToken": other["refreshToken"]}})
    assert renewed["refreshSession"] == {"__typename": "SessionExpired", "code": "SESSION_EXPIRED"}
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "InvalidCredentials"
    assert (await sign_in(shop, ada.email, NEW_PASSWORD))["__typename"] == "Session"
    await mailbox.get(ada.email, "Your password was changed")
    ended = RefreshSession.revoked_reason == "PASSWORD_CHANGED"
    assert await count(shop, RefreshSession, RefreshSession.user_id == user_id(ada), ended) == 2
    async with shop.server.infra.database.read() as session:
        [entry] = await session.scalars(select(AuditEntry).where(AuditEntry.action == "password.changed"))
    assert (entry.subject, entry.actor, entry.ip) == (user_id(ada).hex, user_id(ada).hex, "127.0.0.1")
    assert entry.device is not None
    assert entry.device.startswith("python-httpx/")


def _login(person: Person) -> dict[str, str]:
    return {"email": person.email, "password": PASSWORD}


async def test_of_many_who_change_a_password_at_once_one_does(shop: Shop) -> None:
    ada = await shop.customer()
    wishes = [{"oldPassword": PASSWORD, "newPassword": f"{NEW_PASSWORD} {n}"} for n in range(5)]
    answers = await asyncio.gather(*(shop.server.graphql(_CHANGE, {"input": wish}, ada.token) for wish in wishes))
    # A loser is told that the old password is wrong by now, or that the session has ended.
    won = [
        n for n, answer in enumerate(answers) if (answer["data"] or {}).get("changePassword", {}).get("changedAt")
    ]
    assert len(won) == 1
    assert (await sign_in(shop, ada.email, wishes[won[0]]["newPassword"]))["__typename"] == "Session"


_CHANGE = """
mutation Change($input: ChangePasswordInput!) {
  changePassword(input: $input) { __typename ... on ChangePasswordSuccess { changedAt } }
}
"""


async def test_a_reset_has_one_winner_and_ends_every_session(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    for _ in range(2):
        await do(shop, "requestPasswordReset", {"email": ada.email})
    token, spare = await mailbox.tokens(ada.email, RESET, 2)
    short = await do(shop, "resetPassword", {"token": token, "newPassword": "short"})
    assert [field["path"] for field in short["fields"]] == [["input", "newPassword"]]

    wishes = [{"token": token, "newPassword": f"{NEW_PASSWORD} {n}"} for n in range(20)]
    answers = await asyncio.gather(*(do(shop, "resetPassword", wish) for wish in wishes))
    won = [n for n, answer in enumerate(answers) if answer["__typename"] == "ResetPasswordSuccess"]
    assert len(won) == 1
    assert [answer for n, answer in enumerate(answers) if n not in won] == [INVALID] * 19
    assert (await sign_in(shop, ada.email, wishes[won[0]]["newPassword"]))["__typename"] == "Session"
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "InvalidCredentials"
    await refused(shop, ada)
    # The others that were mailed are worth nothing now.
    assert await do(shop, "resetPassword", {"token": spare, "newPassword": NEW_PASSWORD}) == INVALID
    await mailbox.get(ada.email, "Your password was changed")
    await queue_is_empty(shop)
    assert [mail["Subject"] for mail in mailbox.to(ada.email)].count("Your password was changed") == 1
    assert await count(shop, AuditEntry, AuditEntry.action == "password.reset") == 1


@ONE_MODE
async def test_an_expired_reset_changes_nothing(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    await do(shop, "requestPasswordReset", {"email": ada.email})
    token = await mailbox.token(ada.email, RESET)
    await expire_tokens(shop)
    assert await do(shop, "resetPassword", {"token": token, "newPassword": NEW_PASSWORD}) == INVALID
    assert (await shop.ask(ME, by=ada))["me"]["email"] == ada.email
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "Session"


@ONE_MODE
async def test_nobody_learns_who_has_an_account(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    accepted = {"__typename": "RequestPasswordResetSuccess", "accepted": True}
    for email in (ada.email, "nobody@example.com", "no address", "", "💥@example.com"):
        assert await do(shop, "requestPasswordReset", {"email": email}) == accepted
    await mailbox.get(ada.email, RESET)
    await queue_is_empty(shop)
    assert mailbox.to("nobody@example.com") == []
    assert await count(shop, AccountToken, AccountToken.purpose == "RESET_PASSWORD") == 1
