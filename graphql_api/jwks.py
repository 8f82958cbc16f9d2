"""``/.well-known/jwks.json``: the public keys of access tokens (RFC 7517), for those who verify them elsewhere.

A key is shown some seconds before it signs. Verifiers keep the set for a minute, and should read it again when
they meet a ``kid`` that they do not know.
"""

from hashlib import sha256

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from graphql_api.runtime import Runtime

PATH = "/.well-known/jwks.json"
_CACHING = "public, max-age=60, stale-while-revalidate=600"


def route(runtime: Runtime) -> Route:
    async def jwks(request: Request) -> Response:
        body = orjson.dumps(runtime.running.tokens.keys.public())
        headers = {"cache-control": _CACHING, "etag": f'"{sha256(body).hexdigest()[:32]}"'}
        if headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/jwk-set+json")

    return Route(PATH, jwks)
