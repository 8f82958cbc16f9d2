"""Wrong passwords slow down: for an account from one address soon, for an account from everywhere later.

Each try is counted before the password is looked at, so that many at once gain nothing; the right password
clears the count. An account is never locked: who tries from another address is not kept out by it.
"""

import hashlib

from infra.refusals import Refusal
from infra.runtime import Infra
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.rate_limits import LOGIN_ACCOUNT, LOGIN_PAIR, spend


async def count_try(infra: Infra, email: str, client: Client) -> None:
    """Errors: RateLimited."""
    account = _account(email)
    try:
        await spend(infra, LOGIN_PAIR, f"{account}:{client.ip}", exact=True)
        await spend(infra, LOGIN_ACCOUNT, account, exact=True)
    except RateLimited:
        refusal = Refusal("session.throttled", "", account, client.ip, client.device)
        infra.refusals.note(refusal, infra.now().timestamp())
        raise


async def clear(infra: Infra, email: str, client: Client) -> None:
    account = _account(email)
    await infra.rates.forgive(LOGIN_PAIR, f"{account}:{client.ip}")
    await infra.rates.forgive(LOGIN_ACCOUNT, account)


def _account(email: str) -> str:
    # What was typed may be of any length, and is nobody's business in a key.
    return hashlib.sha256(email.strip().casefold().encode("utf-8", "replace")).hexdigest()[:32]
