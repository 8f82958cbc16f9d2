"""Send an answer, with the headers by which browsers and CDNs keep it (RFC 9110, RFC 9111)."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from starlette.types import Message, Scope, Send

from graphql_api.negotiation import GRAPHQL_JSON, JSON
from graphql_api.public_answers import Answer
from settings import Settings

Header = tuple[bytes, bytes]

_TYPES: Final = {type_: (b"content-type", f"{type_}; charset=utf-8".encode()) for type_ in (GRAPHQL_JSON, JSON)}
NO_STORE: Final[Header] = (b"cache-control", b"no-store")


def vary(*, cookies: bool) -> Header:
    """Returns the request headers that can make the answer another.

    Cookies count only where sessions may be in them: each name costs a CDN entries. We do not compress, but who
    does in front of us keys on Accept-Encoding. Where origins are allowed by name, CORS adds Origin.
    """
    names = ["Accept", "Accept-Encoding", "Authorization"]
    if cookies:
        names.append("Cookie")
    return b"vary", ", ".join(names).encode()


_VARY, _VARY_BY_COOKIE = vary(cookies=False), vary(cookies=True)


@cache
def keep_for(max_age: int) -> Header:
    return b"cache-control", b"public, max-age=%d" % max_age


def is_known(if_none_match: bytes | None, etag: bytes) -> bool:
    """Returns whether the client has this very answer (weak comparison, RFC 9110 section 13.1.2)."""
    if if_none_match is None or not etag:
        return False
    given = (part.strip().removeprefix(b"W/") for part in if_none_match.split(b","))
    return any(part in (etag, b"*") for part in given)


async def send_answer(
    scope: Scope,
    send: Send,
    settings: Settings,
    media_type: str,
    answer: Answer,
    *,
    others: Iterable[Header] = (),
    if_none_match: bytes | None = None,
) -> None:
    """Send an answer, as ``messages_of`` makes it."""
    told = messages_of(scope, settings, media_type, answer, others=others, if_none_match=if_none_match)
    for message in told:
        await send(message)


def messages_of(
    scope: Scope,
    settings: Settings,
    media_type: str,
    answer: Answer,
    *,
    others: Iterable[Header] = (),
    if_none_match: bytes | None = None,
) -> tuple[Message, Message]:
    """Returns the head and the body; 304 without one when ``if_none_match`` says that the client has it."""
    caching = keep_for(answer.max_age) if answer.max_age else NO_STORE
    headers = [_VARY_BY_COOKIE if settings.sign_in.session_cookies else _VARY, caching, *others]
    status, body = answer.status, answer.body
    if answer.etag and scope["method"] == "GET":
        headers.append((b"etag", answer.etag))
        if is_known(if_none_match, answer.etag):
            status, body = 304, b""
    if status != 304:
        headers += (_TYPES[media_type], (b"content-length", b"%d" % len(body)))
    head = {"type": "http.response.start", "status": status, "headers": headers}
    return head, {"type": "http.response.body", "body": body}
