"""An account after it was opened: its e-mail address, its password, its data, its end."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from models import AccountToken, Address, AuditEntry, Identity, QueuedMail, RefreshSession, User
from resolvers.shared.node import decode_id
from tests.e2e.shop import LOGIN, PASSWORD, REGISTER, Person, Shop
from tests.mailbox import Mailbox, html_of, text_of, token_in
from tests.server import Server
from tests.waiting import until

CONFIRM = "Confirm your e-mail address"
CONFIRM_NEW = "Confirm your new e-mail address"
RESET = "Reset your password"
NEW_PASSWORD = "an even better battery"
ME = "{ me { email displayName locale emailVerified } }"
REFRESH = """
mutation Refresh($input: RefreshSessionInput!) {
  refreshSession(input: $input) { __typename ... on Error { code } }
}
"""
INVALID = {
    "__typename": "InvalidToken",
    "code": "INVALID_TOKEN",
    "message": "This link is not valid, or not any more. Ask for a new one.",
}
WRONG_PASSWORD = {
    "__typename": "InvalidCredentials",
    "code": "INVALID_CREDENTIALS",
    "message": "The password is wrong.",
}


@pytest.fixture
async def shop(server: Server) -> Shop:
    return Shop(server)


@pytest.fixture
async def mailbox(server: Server) -> Mailbox:
    return Mailbox(server.infra.settings.home)


async def do(shop: Shop, name: str, given: dict[str, Any] | None, by: Person | None = None) -> dict[str, Any]:
    """Call an account's mutation; the answer without an empty selection."""
    success = {
        "requestEmailVerification": "... on RequestEmailVerificationSuccess { email }",
        "verifyEmail": "... on VerifyEmailSuccess { email }",
        "changeEmail": "... on ChangeEmailSuccess { newEmail }",
        "changePassword": "... on ChangePasswordSuccess { changedAt }",
        "requestPasswordReset": "... on RequestPasswordResetSuccess { accepted }",
        "resetPassword": "... on ResetPasswordSuccess { reset }",
        "closeAccount": "... on CloseAccountSuccess { closedAt }",
        "updateProfile": "... on User { displayName locale }",
        "exportMyData": "... on ExportMyDataSuccess { json }",
    }[name]
    kind = f"{name[0].upper()}{name[1:]}Input"
    fields = "... on InvalidInput { fields { path } }" if name in _WITH_FIELDS else ""
    query = f"""
      mutation Do($input: {kind}) {{
        {name}(input: $input) {{ __typename {success} ... on Error {{ code message }} {fields} }}
      }}
    """
    if name not in ("requestEmailVerification", "exportMyData"):
        query = query.replace(f"${'input'}: {kind})", f"$input: {kind}!)")
    answer: dict[str, Any] = (await shop.ask(query, {"input": given}, by))[name]
    return answer


_WITH_FIELDS = {"changeEmail", "changePassword", "resetPassword", "updateProfile", "requestEmailVerification"}


async def sign_in(shop: Shop, email: str, password: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await shop.ask(LOGIN, {"input": {"email": email, "password": password}}))["login"]
    return answer


async def refused(shop: Shop, by: Person) -> None:
    answer = await shop.server.graphql(ME, token=by.token)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


def user_id(person: Person) -> Any:
    return decode_id(person.id, "User")


async def count(shop: Shop, table: Any, *where: Any) -> int:
    async with shop.server.infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table).where(*where)) or 0


async def queue_is_empty(shop: Shop) -> None:
    """All that was asked for has been sent, or found to be for nobody."""
    await until(lambda: count(shop, QueuedMail), lambda waiting: waiting == 0)


async def expire_tokens(shop: Shop) -> None:
    async with shop.server.infra.database.write() as session:
        past = shop.server.infra.now() - timedelta(milliseconds=1)
        await session.execute(update(AccountToken).values(expires_at=past))


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


async def test_one_mailbox_is_not_flooded(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    await asyncio.gather(*(do(shop, "requestPasswordReset", {"email": ada.email}) for _ in range(12)))
    await queue_is_empty(shop)
    assert [mail["Subject"] for mail in mailbox.to(ada.email)].count(RESET) == 5


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


async def test_an_expired_reset_changes_nothing(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    await do(shop, "requestPasswordReset", {"email": ada.email})
    token = await mailbox.token(ada.email, RESET)
    await expire_tokens(shop)
    assert await do(shop, "resetPassword", {"token": token, "newPassword": NEW_PASSWORD}) == INVALID
    assert (await shop.ask(ME, by=ada))["me"]["email"] == ada.email
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "Session"


async def test_nobody_learns_who_has_an_account(shop: Shop, mailbox: Mailbox) -> None:
    ada = await shop.customer()
    accepted = {"__typename": "RequestPasswordResetSuccess", "accepted": True}
    for email in (ada.email, "nobody@example.com", "no address", "", "💥@example.com"):
        assert await do(shop, "requestPasswordReset", {"email": email}) == accepted
    await mailbox.get(ada.email, RESET)
    await queue_is_empty(shop)
    assert mailbox.to("nobody@example.com") == []
    assert await count(shop, AccountToken, AccountToken.purpose == "RESET_PASSWORD") == 1


async def test_a_profile_is_changed_in_part(shop: Shop) -> None:
    ada = await shop.customer()
    named = await do(shop, "updateProfile", {"displayName": " Ada Lovelace "}, ada)
    assert named == {"__typename": "User", "displayName": "Ada Lovelace", "locale": "en"}
    assert (await do(shop, "updateProfile", {"locale": "ZH-Hans"}, ada))["locale"] == "zh-Hans"
    bad = await do(shop, "updateProfile", {"displayName": "a\0", "locale": "english"}, ada)
    assert [field["path"] for field in bad["fields"]] == [["input", "displayName"], ["input", "locale"]]
    assert (await shop.ask(ME, by=ada))["me"] == {
        "email": ada.email,
        "displayName": "Ada Lovelace",
        "locale": "zh-Hans",
        "emailVerified": False,
    }


ADD = """
mutation Add($input: AddAddressInput!) { addAddress(input: $input) { ... on Address { id } } }
"""
HOME = {"recipient": "Ada", "phone": "+49 30 123456", "line1": "Street 1", "city": "Berlin", "countryCode": "de"}


async def test_a_closed_account_is_gone_and_its_orders_remain(shop: Shop, mailbox: Mailbox) -> None:
    staff, ada = await shop.staff(), await shop.customer()
    offer = await shop.offer(staff)
    address_id = (await shop.ask(ADD, {"input": HOME}, ada))["addAddress"]["id"]
    order = await shop.place(ada, offer.item_id, 2)
    await shop.order_becomes(ada, order["id"], "AWAITING_PAYMENT")
    await do(shop, "requestPasswordReset", {"email": ada.email})
    reset = await mailbox.token(ada.email, RESET)
    assert await do(shop, "closeAccount", {"password": "wrong horse"}, ada) == WRONG_PASSWORD
    assert (await do(shop, "closeAccount", {"password": PASSWORD}, ada))["__typename"] == "CloseAccountSuccess"

    await refused(shop, ada)
    assert (await sign_in(shop, ada.email, PASSWORD))["__typename"] == "InvalidCredentials"
    assert await do(shop, "resetPassword", {"token": reset, "newPassword": NEW_PASSWORD}) == INVALID
    await mailbox.get(ada.email, "Your account is closed")
    await do(shop, "requestPasswordReset", {"email": ada.email})
    await queue_is_empty(shop)
    assert [mail["Subject"] for mail in mailbox.to(ada.email)].count(RESET) == 1

    owner = user_id(ada)
    for table in (Address, AccountToken, Identity, RefreshSession):
        assert await count(shop, table, table.user_id == owner) == 0
    async with shop.server.infra.database.read() as session:
        [row] = await session.scalars(select(User).where(User.id == owner))
    assert (row.email, row.display_name, row.password_hash) == (f"closed-{owner.hex}@invalid", "", "")
    assert row.closed_at is not None
    # The shop still knows what was sold, and the customer may come back as another.
    kept = await shop.order(staff, order["id"])
    assert (kept["status"], kept["lines"][0]["quantity"]) == ("AWAITING_PAYMENT", 2)
    assert kept["customer"] == {"id": ada.id, "email": row.email}
    assert (await shop.counts(offer))["held"] == 2
    node = "query Node($id: ID!) { node(id: $id) { id } }"
    assert (await shop.ask(node, {"id": address_id}, staff))["node"] is None
    given = {"email": ada.email, "password": PASSWORD, "displayName": "Ada"}
    assert (await shop.ask(REGISTER, {"input": given}))["register"]["user"]["id"] != ada.id


async def test_two_close_their_accounts(shop: Shop) -> None:
    people = [await shop.customer(), await shop.customer()]
    for person in people:
        assert (await do(shop, "closeAccount", {"password": PASSWORD}, person))[
            "__typename"
        ] == "CloseAccountSuccess"
    assert await count(shop, User, User.closed_at.is_not(None)) == 2


async def test_an_export_holds_all_that_is_ones_own_and_nothing_else(shop: Shop) -> None:
    staff, ada, bob = await shop.staff(), await shop.customer(), await shop.customer("Bob the other")
    offer = await shop.offer(staff)
    for person, recipient in ((ada, "Ada at home"), (bob, "Bob at home")):
        added = (await shop.ask(ADD, {"input": {**HOME, "recipient": recipient}}, person))["addAddress"]["id"]
        wish = {"itemId": offer.item_id, "quantity": 1, "addressId": added, "idempotencyKey": person.id}
        placed = (await shop.ask(_PLACE, {"input": wish}, person))["placeFlashOrder"]
        assert placed["__typename"] == "Order"
    await do(shop, "updateProfile", {"displayName": "Ada Lovelace"}, ada)
    await do(shop, "changeEmail", {"newEmail": "later@example.com", "password": PASSWORD}, ada)
    answer = await do(shop, "exportMyData", None, ada)
    export = json.loads(answer["json"])
    assert list(export) == [
        "exportedAt",
        "profile",
        "addresses",
        "sessions",
        "identities",
        "orders",
        "cart",
        "securityEvents",
    ]
    assert export["cart"] == []
    assert {name: export["profile"][name] for name in ("email", "displayName", "locale", "roles")} == {
        "email": ada.email,
        "displayName": "Ada Lovelace",
        "locale": "en",
        "roles": ["CUSTOMER"],
    }
    [address] = export["addresses"]
    assert (address["recipient"], address["phone"], address["isDefault"]) == ("Ada at home", "+4930123456", True)
    [order] = export["orders"]
    assert order["shippingAddress"] == address
    assert order["total"] == {"amount": "19.90", "currencyCode": "EUR"}
    assert [line["sku"] for line in order["lines"]] == [offer.sku]
    [session] = export["sessions"]
    assert session["revokedAt"] is None
    assert [event["action"] for event in export["securityEvents"]] == [
        "user.registered",
        "email.change_requested",
    ]
    for other in ("Bob", bob.email, "argon2", str(user_id(bob)), user_id(bob).hex):
        assert other not in answer["json"]
    pretty = await do(shop, "exportMyData", {"pretty": True}, ada)
    assert "\n  " in pretty["json"]


_PLACE = """
mutation Place($input: PlaceFlashOrderInput!) { placeFlashOrder(input: $input) { __typename } }
"""
