"""GraphiQL, served from this package: nothing on the page comes from another host.

``static/`` is built from npm packages by ``build/`` and committed, so the server needs no Node.js.
"""

import gzip
import hashlib
import json
from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

ASSETS_PATH = "/graphiql-assets"
STATIC = Path(__file__).parent / "static"

# Monaco and Radix set style attributes and add style elements, hence 'unsafe-inline' for styles alone.
# 'self' covers WebSockets of the same origin too (CSP level 3).
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "worker-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody of a seeded shop, for whoever opens the page to sign in as. ``name`` is on the button."""

    name: str
    email: str
    password: str


_TYPES = {".js": "text/javascript", ".css": "text/css", ".txt": "text/plain"}
_FOREVER = "public, max-age=31536000, immutable"
_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Rushcart GraphiQL</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="$assets/graphiql.css?v=$version">
<script type="module" src="$assets/graphiql.js?v=$version"></script>
</head>
<body>
<div id="graphiql" data-endpoint="$endpoint"$accounts>Loading GraphiQL …</div>
<noscript>GraphiQL needs JavaScript. The API itself is at $endpoint.</noscript>
</body>
</html>
"""
)


def render_page(
    request: Request | None = None, *, endpoint: str | None = None, accounts: Sequence[DemoAccount] = ()
) -> HTMLResponse:
    """Render the page for ``endpoint`` (by default the path that was asked for, else ``/graphql``).

    ``accounts`` are offered in its sign-in. Their passwords are readable by whoever opens the page: give them for
    seeded shops only.
    """
    root = "" if request is None else request.scope.get("app_root_path", request.scope.get("root_path", ""))
    path = endpoint or ("/graphql" if request is None else request.url.path)
    page = _PAGE.substitute(
        assets=escape(root + ASSETS_PATH),
        version=version(),
        endpoint=escape(path),
        accounts=f' data-accounts="{escape(json.dumps([asdict(one) for one in accounts]))}"' if accounts else "",
    )
    headers = {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cache-control": "no-store",
        "vary": "Accept",
    }
    return HTMLResponse(page, headers=headers)


def routes() -> list[BaseRoute]:
    """Returns the routes of the page's files."""
    return [Mount(ASSETS_PATH, routes=[Route("/{name}", _serve)], name="graphiql-assets")]


@lru_cache(maxsize=1)
def files() -> dict[str, Path]:
    """Returns what is served, by name. A name that is not here is not looked for on the disk."""
    return {path.name: path for path in STATIC.iterdir() if path.suffix in _TYPES}


@lru_cache(maxsize=1)
def version() -> str:
    """Returns one version for all files, since the script starts its workers under its own version."""
    digest = hashlib.sha256()
    for _, path in sorted(files().items()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=32)
def _gzipped(name: str) -> bytes:
    return gzip.compress(files()[name].read_bytes(), mtime=0)


async def _serve(request: Request) -> Response:
    file = files().get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    headers = _headers(zipped=zipped, pinned=request.query_params.get("v") == version())
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = await to_thread(_gzipped, file.name) if zipped else await to_thread(file.read_bytes)
    return Response(content, headers=headers, media_type=_TYPES[file.suffix])


def _headers(*, zipped: bool, pinned: bool) -> dict[str, str]:
    headers = {
        "etag": f'"{version()}-gzip"' if zipped else f'"{version()}"',
        "cache-control": _FOREVER if pinned else "no-cache",
        "vary": "Accept-Encoding",
    }
    return headers | {"content-encoding": "gzip"} if zipped else headers
