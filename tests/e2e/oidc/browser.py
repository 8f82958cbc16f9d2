"""A browser without scripts: a cookie jar, redirects, and the forms of the provider's pages."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import httpx

from tests.server import Server

SHOP: Final = "http://shop.test"
"""RUSHCART_PUBLIC_URL: the server's name for itself; the browser knows where it is."""
FRONT: Final = "http://front.test"
"""The front end, where the browser stops."""

_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_PROMPT = re.compile(r'name="prompt" value="(\w+)"')
_ABORT = re.compile(r'href="([^"]+/abort)"')
_MAX_REDIRECTS = 20
_CALLBACK = f"{SHOP}/auth/oidc/"


@dataclass(frozen=True, slots=True)
class Landing:
    """Back at the front end: the URL without its fragment, and what the fragment says."""

    url: str
    outcome: dict[str, str]
    reply: httpx.Response


@dataclass(slots=True)
class Browser:
    """``seen`` are all URLs that it was sent to."""

    http: httpx.AsyncClient
    server: Server
    seen: list[str] = field(default_factory=list)

    def locate(self, url: str) -> str:
        return url.replace(SHOP, self.server.url, 1)

    async def follow(
        self, url: str, form: dict[str, str] | None = None, stop: str = FRONT
    ) -> httpx.Response | Landing:
        """Go on until there is a page to look at, or a URL that begins with ``stop`` is next."""
        for _ in range(_MAX_REDIRECTS):
            method = "GET" if form is None else "POST"
            reply = await self.http.request(method, self.locate(url), data=form)
            if not reply.is_redirect:
                return reply
            url, form = urljoin(url, reply.headers["location"]), None
            self.seen.append(url)
            if url.startswith(stop):
                bare, _, fragment = url.partition("#")
                return Landing(bare, dict(parse_qsl(fragment)), reply)
        raise AssertionError("too many redirects")

    async def start(
        self, provider: str = "example", *, stop: str = FRONT, **parameters: str
    ) -> httpx.Response | Landing:
        query = urlencode({"returnTo": f"{FRONT}/done", **parameters})
        return await self.follow(f"{SHOP}/auth/oidc/{provider}/login?{query}", stop=stop)

    async def answer(self, page: httpx.Response | Landing, login: str, *, stop: str = FRONT) -> Landing:
        """Fill in the provider's forms until it sends the browser back."""
        while not isinstance(page, Landing):
            form, prompt = _FORM.search(page.text), _PROMPT.search(page.text)
            assert form is not None, page.text
            assert prompt is not None, page.text
            given = {"prompt": prompt[1]}
            if prompt[1] == "login":
                given |= {"login": login, "password": "any"}
            page = await self.follow(unescape(form[1]), given, stop)
        return page

    async def cancel(self, page: httpx.Response | Landing) -> Landing:
        assert isinstance(page, httpx.Response)
        link = _ABORT.search(page.text)
        assert link, page.text
        landed = await self.follow(unescape(link[1]))
        assert isinstance(landed, Landing)
        return landed

    async def sign_in(self, login: str, provider: str = "example", **parameters: str) -> Landing:
        return await self.answer(await self.start(provider, **parameters), login)

    async def way_back(self, login: str, provider: str = "example") -> str:
        """The callback's URL with its code and state, which the browser did not open yet."""
        page = await self.start(provider, stop=_CALLBACK)
        return (await self.answer(page, login, stop=_CALLBACK)).url


@asynccontextmanager
async def browsing(server: Server) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(timeout=15, verify=False) as http:
        yield Browser(http, server)


def query_of(url: str) -> dict[str, Any]:
    return dict(parse_qsl(urlsplit(url).query))
