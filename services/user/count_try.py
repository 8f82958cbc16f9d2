"""Bound the guessing of passwords, and let the owner in all the same.

One address has a few tries for an account, and all addresses together have some. Over that, any address is
throttled but two kinds: one that the account was signed in from before keeps its own few tries, and each other
one has a first try, as far as those are not too many in all. So neither a hundred strangers nor ten thousand
keep out an owner who comes from where they came from before; and however many addresses guess, the tries for one
account are bounded. docs/security.md says the numbers.
"""

import hashlib

from sqlalchemy import select

from infra.refusals import Refusal
from infra.runtime import Infra
from models.session import RefreshSession
from models.user import User
from services.shared.client import Client
from services.shared.errors import RateLimited
from services.shared.rate_limits import LOGIN_ACCOUNT, LOGIN_FIRST, LOGIN_PAIR, LOGIN_STRANGERS, spend

_SESSIONS_READ = 100


async def count_try(infra: Infra, email: str, client: Client) -> None:
    """Count a try, before the password is looked at. ``email`` as an account is looked up by it: other spellings
    are no other account. Errors: RateLimited, StoreUnavailable."""
    account = _account(email)
    try:
        await spend(infra, LOGIN_PAIR, _pair(account, client), exact=True)
        try:
            await spend(infra, LOGIN_ACCOUNT, account, exact=True)
        except RateLimited:
            await _count_over_limit(infra, email, client)
    except RateLimited:
        refusal = Refusal("session.throttled", "", account, client.ip, client.device)
        infra.refusals.note(refusal, infra.now().timestamp())
        raise


async def forgive_tries(infra: Infra, email: str, client: Client) -> None:
    """Forget what was counted: the password was right in the end."""
    account = _account(email)
    for name in (LOGIN_PAIR, LOGIN_FIRST):
        await infra.rates.forgive(name, _pair(account, client))
    await infra.rates.forgive(LOGIN_ACCOUNT, account)


async def _count_over_limit(infra: Infra, email: str, client: Client) -> None:
    if await _was_signed_in_from(infra, email, client):
        return
    account = _account(email)
    # In this order: what one address sends uses up one of the tries that all strangers have.
    await spend(infra, LOGIN_FIRST, _pair(account, client), exact=True)
    await spend(infra, LOGIN_STRANGERS, account, exact=True)


async def _was_signed_in_from(infra: Infra, email: str, client: Client) -> bool:
    newest = (
        select(RefreshSession.ip)
        .join(User, User.id == RefreshSession.user_id)
        .where(User.email == email)
        .order_by(RefreshSession.id.desc())
        .limit(_SESSIONS_READ)
    )
    async with infra.database.read() as session:
        addresses = set(await session.scalars(newest))
    return client.network in {Client(ip).network for ip in addresses if ip}


def _pair(account: str, client: Client) -> str:
    return f"{account}:{client.network}"


def _account(email: str) -> str:
    # What was typed may be of any length, and is nobody's business in a key.
    return hashlib.sha256(email.encode("utf-8", "replace")).hexdigest()[:32]
