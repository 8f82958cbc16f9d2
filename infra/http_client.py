"""The client of what this server asks others over HTTP."""

from typing import Any

import httpx2


class HttpClient(httpx2.AsyncClient):
    """httpx's own, which says of every connection that fails that it has failed.

    On uvloop the socket of one that the other side has ended is gone, and anyio raises an AttributeError where
    httpcore asks about it (findings/anyio-attribute-error-on-uvloop.sh).
    """

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        try:
            return await super().send(request, **options)
        except AttributeError as error:
            if error.obj is not None:
                raise
            raise httpx2.ConnectError("the connection was ended at once", request=request) from error
