"""What some headers of a request say."""

from typing import Final

from starlette.types import Scope

from graphql_api.negotiation import wants_page

CART_HEADER: Final = b"x-cart-token"
COST_HEADER: Final = b"graphql-cost"
_HEADERS: Final = "rushcart.headers"


def headers_of(scope: Scope) -> dict[bytes, bytes]:
    """Returns the request's headers by their names, the last of several; made once a request."""
    headers: dict[bytes, bytes] | None = scope.get(_HEADERS)
    if headers is None:
        headers = scope[_HEADERS] = dict(scope["headers"])
    return headers


def tells_cost(headers: dict[bytes, bytes]) -> bool:
    """Returns whether the client asks what its operations cost."""
    return headers.get(COST_HEADER, b"").strip() == b"1"


def is_opened_by_browser(scope: Scope, accept: bytes | None) -> bool:
    """Returns whether it is a browser that shall be shown a page: it asks for nothing in particular."""
    if scope["method"] != "GET" or not wants_page(accept):
        return False
    return not any(name in scope["query_string"] for name in (b"query=", b"documentId=", b"extensions="))
