"""``/media/NAME``: uploaded images, where no CDN stands before the store.

A name never changes its content, so it is its own entity tag and may be cached for ever.
"""

import re
from dataclasses import dataclass
from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from graphql_api.runtime import Runtime
from infra.errors import StoreUnavailable
from services.media.rules import PATH, content_type, is_name

log = structlog.get_logger(__name__)

_FOREVER: Final = "public, max-age=31536000, immutable"
# As a page of its own an image may do nothing; browsers style such a page themselves.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``end``, which is not one of them."""

    start: int
    end: int


def route(runtime: Runtime) -> Route:
    async def media(request: Request) -> Response:
        name: str = request.path_params["name"]
        if not is_name(name):
            raise HTTPException(404)
        headers = _headers(name)
        if _matches(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        blobs = runtime.running.infra.blobs
        try:
            size = await blobs.size(name)
        except StoreUnavailable as error:
            log.warning("store.unavailable", store=error.store)
            raise HTTPException(503, headers={"retry-after": "1"}) from error
        if size is None:
            raise HTTPException(404)
        span = _span(request, headers["etag"], size)
        if span is None:
            raise HTTPException(416, headers={"content-range": f"bytes */{size}"})
        length = span.end - span.start
        partial = length < size
        headers |= {"content-length": str(length), "content-type": content_type(name)}
        if partial:
            headers["content-range"] = f"bytes {span.start}-{span.end - 1}/{size}"
        status = 206 if partial else 200
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return StreamingResponse(blobs.read(name, span.start, length), status, headers=headers)

    return Route(PATH + "/{name}", media)


def _headers(name: str) -> dict[str, str]:
    return {
        "etag": f'"{name}"',
        "cache-control": _FOREVER,
        "accept-ranges": "bytes",
        "content-security-policy": _POLICY,
        # Front ends on other hosts show it.
        "cross-origin-resource-policy": "cross-origin",
        "content-disposition": "inline",
    }


def _matches(if_none_match: str, etag: str) -> bool:
    """RFC 9110, 13.1.2: a weak comparison."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _span(request: Request, etag: str, size: int) -> Span | None:
    """Returns the part that is asked for (RFC 9110, 14.2); None when there is nothing of it.

    A range that is not one, or several of them, may be ignored.
    """
    whole = Span(0, size)
    match = _RANGE.fullmatch(request.headers.get("range", "").strip())
    if match is None or request.headers.get("if-range", etag) != etag:
        return whole
    first, last = match.groups()
    if not first:
        return whole if not last else Span(max(0, size - int(last)), size) if int(last) and size else None
    if last and int(last) < int(first):
        return whole
    start, end = int(first), min(int(last) + 1, size) if last else size
    return Span(start, end) if start < size else None
