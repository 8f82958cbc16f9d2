"""Exchange the code that a sign-in with another provider came back with for a session."""

from uuid import UUID

from infra.runtime import Infra
from services.identity.keys import Purpose, issue, redeem
from services.session.access_tokens import AccessTokens
from services.session.new_session import SignedIn
from services.session.open_session import open_session
from services.shared.client import Client


async def issue_sign_in_code(infra: Infra, user_id: UUID, challenge: str | None) -> str:
    """Errors: StoreUnavailable."""
    return await issue(infra, Purpose.SIGN_IN, {"user": user_id.hex}, challenge)


async def exchange_sign_in_code(
    infra: Infra, tokens: AccessTokens, *, code: str, verifier: str | None, client: Client
) -> SignedIn:
    """Errors: SignInCodeExpired; InvalidCredentials for an account that was locked since; StoreUnavailable."""
    data = await redeem(infra, Purpose.SIGN_IN, code, verifier)
    return await open_session(infra, tokens, UUID(data["user"]), client)
