"""What one asks of an account, and looks at after."""

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, update

from models import AccountToken, QueuedMail
from resolvers.shared.node import decode_id
from tests.e2e.shop import LOGIN, Person, Shop
from tests.waiting import until

RESET = "Reset your password"


NEW_PASSWORD = "an even better battery"


ME = "{ me { email displayName locale emailVerified } }"


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
    fields = "... on InvalidInput { fields { path } }" if name in WITH_FIELDS else ""
    query = f"""
      mutation Do($input: {kind}) {{
        {name}(input: $input) {{ __typename {success} ... on Error {{ code message }} {fields} }}
      }}
    """
    if name not in ("requestEmailVerification", "exportMyData"):
        query = query.replace(f"${'input'}: {kind})", f"$input: {kind}!)")
    answer: dict[str, Any] = (await shop.ask(query, {"input": given}, by))[name]
    return answer


WITH_FIELDS = {"changeEmail", "changePassword", "resetPassword", "updateProfile", "requestEmailVerification"}


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
