"""``/auth``, and all below it: who is asking, for a gateway in front (nginx's auth_request, Envoy's ext_authz).

A gateway that puts a prefix before its own path asks by any method, for any path, with the client's query: nothing
of that may change the answer, so nobody is refused, always. The headers that say who it is are all there each
time, empty where they do not apply: what a client wrote into headers of these names is overwritten with them.
"""

from typing import Final

import orjson
from starlette.types import Receive, Scope, Send

from graphql_api.base_url import base_url_of
from graphql_api.client_address import client_of
from graphql_api.http_answer import NO_STORE
from graphql_api.http_request import Refused
from graphql_api.payload import refusal_of
from graphql_api.runtime import Runtime
from graphql_api.viewer import viewer_of
from resolvers.shared.node import encode_id
from services.shared.viewer import Viewer

Header = tuple[bytes, bytes]

PATH: Final = "/auth"
_SIGN_IN: Final = f"{PATH}/oidc/"
_JSON: Final[Header] = (b"content-type", b"application/json")


def is_asked(scope: Scope) -> bool:
    """Returns whether a gateway asks. Browsers open what is below ``/auth/oidc/``, which never answers 2xx; they
    send no preflight there, and CORS would answer one with 200."""
    path: str = scope["path"]
    if path.startswith(_SIGN_IN):
        return bool(scope["method"] == "OPTIONS")
    return path == PATH or path.startswith(f"{PATH}/")


class ForwardAuth:
    """An ASGI app. The body, if there is any, is not read."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            viewer = await self._viewer(scope)
        except Refused as error:
            await _send(send, error.status, [_JSON, *error.headers], orjson.dumps(refusal_of(error)))
        else:
            await _send(send, 200, _identity(viewer), b"")

    async def _viewer(self, scope: Scope) -> Viewer:
        """Errors: Refused."""
        running = self._runtime.running
        settings, headers = running.infra.settings, dict(scope["headers"])
        _, token = running.cookies.read(scope, headers, base_url_of(scope, headers.get(b"host"), settings))
        client = client_of(scope, headers.get(b"user-agent"), settings)
        viewer = await viewer_of(running, headers.get(b"authorization"), token, client)
        if viewer is None:
            raise Refused(401, "UNAUTHENTICATED", "Sign in first.", ((b"www-authenticate", b"Bearer"),))
        return viewer


def _identity(viewer: Viewer) -> list[Header]:
    is_machine = viewer.is_machine
    id_ = encode_id("ServiceToken" if is_machine else "User", viewer.user_id).encode()
    return [
        (b"x-user-id", b"" if is_machine else id_),
        (b"x-user-roles", _names(viewer.roles)),
        (b"x-token-id", id_ if is_machine else b""),
        (b"x-token-scopes", _names(viewer.scopes) if is_machine else b""),
    ]


def _names(held: frozenset[str]) -> bytes:
    return ",".join(sorted(held)).encode()


async def _send(send: Send, status: int, headers: list[Header], body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [NO_STORE, length, *headers]})
    await send({"type": "http.response.body", "body": body})
