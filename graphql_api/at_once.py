"""What is kept is answered at once: by no task, and past the middleware, of which nothing could change it."""

from collections.abc import Mapping
from typing import Final

from starlette.types import Message, Scope

from graphql_api.counting import count_response
from graphql_api.graphql_view import GraphQLView
from graphql_api.http_answer import messages_of
from graphql_api.request_context import make_ids
from graphql_api.request_headers import headers_of
from graphql_api.security_headers import add_security_headers
from infra.logging import is_debugging
from infra.telemetry import tracing
from settings import Settings

_ANSWERED: Final = ("GET", "POST")


class AtOnce:
    """Asked by the server about a request that has come whole, before it makes a task of it."""

    def __init__(self, views: Mapping[str, GraphQLView], settings: Settings) -> None:
        """``views``: by their paths."""
        # CORS has headers to add.
        self._views = {} if settings.cors_origins else views
        self._settings = settings

    def __call__(self, scope: Scope, body: bytes | bytearray) -> tuple[Message, Message] | None:
        """Returns the head and the body; None when it takes more than a look into memory."""
        view = self._views.get(scope["path"])
        if view is None or scope["method"] not in _ANSWERED or tracing.is_on() or is_debugging():
            return None
        headers = headers_of(scope)
        found = view.find_kept(scope, headers, body)
        if found is None:
            return None
        known = headers.get(b"if-none-match")
        head, rest = messages_of(scope, self._settings, *found, if_none_match=known)
        add_security_headers(head["headers"], scope, self._settings)
        head["headers"].append((b"x-request-id", make_ids(headers).request_id.encode()))
        count_response(scope, head["status"])
        return head, rest
