"""The browser that started a sign-in is the one that may finish it: a cookie says so (RFC 9700, 4.7).

It holds a random value. A sign-in is kept in Redis under its state and that value together, so an answer that is
brought by another browser, or a second time, finds nothing.
"""

import re

from starlette.requests import Request
from starlette.responses import Response

from services.identity.keys import TTL, Purpose, new_secret
from settings import Settings

_VALUE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
# Over https no other site of the same domain can plant a value of its own (RFC 6265bis, 4.1.3.2).
_SECURE_NAME = "__Host-rushcart_sign_in"
_PLAIN_NAME = "rushcart_sign_in"


def base_url(request: Request, settings: Settings) -> str:
    """Returns where browsers reach this server; no trailing slash."""
    return settings.public_url or str(request.base_url).rstrip("/")


def browser_of(request: Request, settings: Settings) -> str | None:
    """Returns the value in the browser's cookie; None without one."""
    value = request.cookies.get(_name(request, settings), "")
    return value if _VALUE.fullmatch(value) else None


def remember(request: Request, response: Response, settings: Settings) -> str:
    """Set the browser's value, an old or a new one: sign-ins in two tabs do not get into each other's way."""
    value = browser_of(request, settings) or new_secret()
    name = _name(request, settings)
    response.set_cookie(
        name,
        value,
        max_age=TTL[Purpose.LOGIN],
        path="/",
        secure=name == _SECURE_NAME,
        httponly=True,
        # The provider sends the browser back from another site, by a top-level GET.
        samesite="lax",
    )
    return value


def _name(request: Request, settings: Settings) -> str:
    secure = settings.sign_in.cookie_secure
    if secure is None:
        secure = base_url(request, settings).startswith("https:")
    return _SECURE_NAME if secure else _PLAIN_NAME
