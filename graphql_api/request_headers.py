"""Which headers of a request count, and what some of them say."""

from typing import Final

from starlette.types import Scope

from graphql_api.negotiation import wants_page
from graphql_api.session_cookies import CSRF_HEADER, MODE_HEADER
from graphql_api.uploads import PREFLIGHT

CART_HEADER: Final = b"x-cart-token"
COST_HEADER: Final = b"graphql-cost"
WANTED: Final = frozenset(
    {
        b"authorization",
        b"host",
        b"accept",
        b"content-type",
        b"content-length",
        b"user-agent",
        b"cookie",
        b"origin",
        b"sec-fetch-site",
        b"if-none-match",
        MODE_HEADER,
        CSRF_HEADER,
        CART_HEADER,
        COST_HEADER,
        *PREFLIGHT,
    }
)


def tells_cost(headers: dict[bytes, bytes]) -> bool:
    """Returns whether the client asks what its operations cost."""
    return headers.get(COST_HEADER, b"").strip() == b"1"


def is_opened_by_browser(scope: Scope, accept: bytes | None) -> bool:
    """Returns whether it is a browser that shall be shown a page: it asks for nothing in particular."""
    if scope["method"] != "GET" or not wants_page(accept):
        return False
    return not any(name in scope["query_string"] for name in (b"query=", b"documentId=", b"extensions="))
