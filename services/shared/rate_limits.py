"""Which rate limits there are: of everything an address or an account sends, and of single operations.

A setting changes or switches off each by its name. Addresses of the loopback range are this machine's own (a
proxy that is not named as trusted, a test) and stand for nobody, so nothing is limited by them.
"""

from dataclasses import dataclass
from typing import Final

from infra.rate_limit import RateLimited as OverLimit
from infra.runtime import Infra
from services.shared.client import Client
from services.shared.errors import RateLimited
from settings import Settings
from settings.limit import Limit

BY_ADDRESS: Final = "addressCost"
BY_ACCOUNT: Final = "accountCost"
LOGIN_PAIR: Final = "loginPair"
LOGIN_ACCOUNT: Final = "loginAccount"
LOGIN_FIRST: Final = "loginFirst"
LOGIN_STRANGERS: Final = "loginStrangers"
SIGN_IN_ELSEWHERE: Final = "signInWithProvider"
WRONG_TOKENS: Final = "wrongTokens"
GUEST_MAILS: Final = "guestMails"
WRONG_CODES: Final = "wrongCodes"
WRONG_CODES_BY_ADDRESS: Final = "wrongCodesByAddress"

REQUEST_COST: Final = 100
"""Of a request, or an operation of a batch, whose answer has up to so many fields; each field more costs 1 more. A
document that is new to a process costs a request more for each 1,000 characters and each 20 tokens."""

DEFAULTS: Final = {
    # What an address, and an account or a token, may spend: by cost, not by requests.
    BY_ADDRESS: "600000/60s",
    BY_ACCOUNT: "600000/60s",
    # Wrong passwords for one account: from one address, from all of them.
    LOGIN_PAIR: "5/150s",
    LOGIN_ACCOUNT: "100/1000s",
    # Over the latter: from one address that the account was never signed in from, from all of those.
    LOGIN_FIRST: "1/1000s",
    LOGIN_STRANGERS: "1000/1000s",
    # Steps of a sign-in with another provider, from one address.
    SIGN_IN_ELSEWHERE: "60/60s",
    # Tokens from one address that are nobody's.
    WRONG_TOKENS: "60/60s",
    # Discount codes that are not valid: of an account, from an address, where a whole campus may be.
    WRONG_CODES: "20/600s",
    WRONG_CODES_BY_ADDRESS: "100/600s",
    # Mutations by name: of an account when signed in, of an address when not.
    "register": "30/3600s",
    "login": "60/60s",
    "refreshSession": "120/60s",
    "logout": "120/60s",
    # Mails to confirm one address, whichever guest asks.
    GUEST_MAILS: "5/3600s",
    "startGuestSession": "60/3600s",
    "payOrderByLink": "60/60s",
    "forgetGuest": "10/600s",
    "exchangeSignInCode": "60/60s",
    "linkIdentity": "30/60s",
    "requestIdentityLinkMail": "10/600s",
    "confirmIdentityLink": "30/60s",
    "createQuote": "120/60s",
    "verifyEmail": "30/60s",
    "resetPassword": "30/60s",
    "requestPasswordReset": "10/3600s",
    "requestEmailVerification": "10/3600s",
    "changeEmail": "10/3600s",
    "changePassword": "10/600s",
    "closeAccount": "10/600s",
    "exportMyData": "10/600s",
    "placeFlashOrder": "1200/60s",
    "addCartItem": "300/60s",
    # Documents that an address makes known by their hash.
    "persistDocument": "120/60s",
}

_parsed: dict[tuple[str, str], Limit | None] = {}


def limit_of(settings: Settings, name: str) -> Limit | None:
    """Returns the limit of that name; None where there is none, or it is off."""
    text = settings.rate_limits.get(name) or DEFAULTS.get(name)
    if text is None:
        return None
    if (name, text) not in _parsed:
        _parsed[name, text] = None if text == "off" else Limit.parse(text)
    return _parsed[name, text]


def is_own(ip: str) -> bool:
    """Returns whether the address is of the loopback range, or none at all."""
    return not ip or ip.startswith("127.") or ip == "::1"


def is_address_free(infra: Infra, client: Client) -> bool:
    """Count a request of an address here; returns False when ``spend_cost`` is to be asked, too."""
    return is_own(client.ip) or _is_free(infra, BY_ADDRESS, client.network, REQUEST_COST)


async def spend_cost(
    infra: Infra, client: Client, account: str | None, cost: int = REQUEST_COST, *, exact: bool = False
) -> None:
    """Count what a request costs. Errors: RateLimited."""
    if not is_own(client.ip) and not _is_free(infra, BY_ADDRESS, client.network, cost, exact=exact):
        await _charge(infra, BY_ADDRESS, client.network, cost)
    if account is not None and not _is_free(infra, BY_ACCOUNT, account, cost, exact=exact):
        await _charge(infra, BY_ACCOUNT, account, cost)


@dataclass(frozen=True, slots=True)
class Budget:
    """``a_minute``: what may be spent in 60 seconds; ``left``: what may be spent at once, now."""

    a_minute: int
    left: int


async def budget_of(infra: Infra, client: Client, account: str | None) -> Budget | None:
    """Returns an account's budget, else an address's; None when nothing is counted."""
    name, key = (BY_ADDRESS, client.network) if account is None else (BY_ACCOUNT, account)
    limit = limit_of(infra.settings, name)
    if limit is None or (account is None and is_own(client.ip)):
        return None
    return Budget(_a_minute(limit), await infra.rates.left(name, key, limit))


def a_minute(limit: Limit | None) -> int | None:
    """Returns what may be spent in 60 seconds; None without a limit."""
    return None if limit is None else _a_minute(limit)


def _a_minute(limit: Limit) -> int:
    return round(limit.count * 60 / limit.seconds)


def is_operation_free(infra: Infra, name: str, client: Client, account: str | None) -> bool:
    """Count one mutation of that name here; returns False when ``charge_operation`` is to be asked, too."""
    if name not in DEFAULTS and name not in infra.settings.rate_limits:
        return True
    key = account or _network(client)
    return not key or _is_free(infra, name, key, 1)


async def charge_operation(infra: Infra, name: str, client: Client, account: str | None) -> None:
    """Errors: RateLimited."""
    await _charge(infra, name, account or _network(client), 1)


def _network(client: Client) -> str:
    return "" if is_own(client.ip) else client.network


async def spend(infra: Infra, name: str, key: str, *, units: int = 1, exact: bool = False) -> None:
    """Errors: RateLimited."""
    if not _is_free(infra, name, key, units, exact=exact):
        await _charge(infra, name, key, units)


def _is_free(infra: Infra, name: str, key: str, units: int, *, exact: bool = False) -> bool:
    """Count it here; returns False when it has to be charged, too. No coroutine: mostly that is all."""
    limit = limit_of(infra.settings, name)
    return limit is None or (not exact and infra.rates.is_free(name, key, limit, units))


async def _charge(infra: Infra, name: str, key: str, units: int) -> None:
    """Errors: RateLimited."""
    limit = limit_of(infra.settings, name)
    assert limit is not None, "what has no limit is free"
    try:
        await infra.rates.charge(name, key, limit, units)
    except OverLimit as error:
        raise RateLimited(error.retry_after_ms) from error


async def give_back(infra: Infra, name: str, key: str) -> None:
    """Undo one ``spend`` that was exact: what was tried was right."""
    limit = limit_of(infra.settings, name)
    if limit is not None:
        await infra.rates.give_back(name, key, limit)
