"""The operations of a front end around sign-in with other providers."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select

from models import AuditEntry, Identity, User
from tests.e2e.oidc.browser import Browser
from tests.e2e.oidc.certified_provider import CertifiedProvider
from tests.e2e.shop import Person
from tests.server import Server

_ERROR = "... on Error { code }"
EXCHANGE = f"""
mutation Exchange($input: ExchangeSignInCodeInput!) {{
  done: exchangeSignInCode(input: $input) {{
    __typename {_ERROR} ... on Session {{ accessToken refreshToken user {{ id email }} }}
  }}
}}
"""
START_LINK = f"""
mutation Start($input: StartIdentityLinkInput!) {{
  done: startIdentityLink(input: $input) {{
    __typename {_ERROR} ... on StartIdentityLinkSuccess {{ path }} ... on InvalidInput {{ fields {{ path }} }}
  }}
}}
"""
LINK = f"""
mutation Link($input: LinkIdentityInput!) {{
  done: linkIdentity(input: $input) {{
    __typename {_ERROR} ... on LinkIdentitySuccess {{ identity {{ id provider title }} }}
  }}
}}
"""
REQUEST_MAIL = f"""
mutation Mail($input: RequestIdentityLinkMailInput!) {{
  done: requestIdentityLinkMail(input: $input) {{
    __typename {_ERROR} ... on RequestIdentityLinkMailSuccess {{ accepted }}
  }}
}}
"""
CONFIRM = f"""
mutation Confirm($input: ConfirmIdentityLinkInput!) {{
  done: confirmIdentityLink(input: $input) {{
    __typename {_ERROR} ... on ConfirmIdentityLinkSuccess {{ provider }}
  }}
}}
"""
UNLINK = f"""
mutation Unlink($input: UnlinkIdentityInput!) {{
  done: unlinkIdentity(input: $input) {{
    __typename {_ERROR} ... on UnlinkIdentitySuccess {{ identityId }}
  }}
}}
"""
ME = "{ me { id email displayName locale emailVerified identities { id provider title } } }"

EXPIRED = {"__typename": "SignInCodeExpired", "code": "SIGN_IN_CODE_EXPIRED"}
VERIFIER = "only-who-has-this-may-use-the-code-that-comes-back"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


async def do(server: Server, mutation: str, by: str | None = None, **given: Any) -> Any:
    """The outcome of a mutation; ``by`` is an access token."""
    answer = await server.graphql(mutation, {"input": given}, by)
    assert "errors" not in answer, answer
    return answer["data"]["done"]


async def me(server: Server, token: str) -> Any:
    answer = await server.graphql(ME, token=token)
    assert "errors" not in answer, answer
    return answer["data"]["me"]


async def session_for(server: Server, outcome: dict[str, str]) -> Any:
    """The session that a sign-in came back with a code for."""
    assert set(outcome) == {"signInCode"}
    session = await do(server, EXCHANGE, code=outcome["signInCode"])
    assert session["__typename"] == "Session", session
    return session


async def count(server: Server, table: type[User] | type[Identity]) -> int:
    async with server.infra.database.read() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


async def link_code(browser: Browser, provider: CertifiedProvider, subject: str, person: Person) -> str:
    """Of a sign-in with an identity that has this person's address."""
    provider.set_account(subject, email=person.email.upper(), email_verified=True)
    landing = await browser.sign_in(subject)
    assert set(landing.outcome) == {"error", "linkCode"}
    assert landing.outcome["error"] == "LINK_REQUIRED"
    return landing.outcome["linkCode"]


async def audited(server: Server) -> list[str]:
    async with server.infra.database.read() as rows:
        entries = await rows.scalars(select(AuditEntry).order_by(AuditEntry.id))
        return [entry.action for entry in entries if entry.action.startswith(("identity", "email", "password"))]
