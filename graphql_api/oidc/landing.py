"""Where the browser ends up: back at the front end, or on a page that says why it cannot go there."""

from html import escape
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

_NO_STORE = {"cache-control": "no-store"}


class Stop(Exception):
    """The sign-in ends here, with this HTTP status; ``retry_after`` is in seconds."""

    def __init__(self, status: int, code: str, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


def return_to(url: str, **outcome: str) -> Response:
    """Send the browser back to the front end.

    The outcome is in the fragment, which the browser keeps to itself.
    """
    return RedirectResponse(f"{url}#{urlencode(outcome)}", 303, headers=_NO_STORE)


def stopped(request: Request, stop: Stop) -> Response:
    """Answer with a page for people, JSON for programs."""
    headers = {**_NO_STORE, "vary": "Accept"}
    if stop.retry_after is not None:
        headers["retry-after"] = str(stop.retry_after)
    if "text/html" in request.headers.get("accept", ""):
        title = escape(stop.message)
        page = f'<!doctype html><html lang="en"><title>{title}</title><h1>{title}</h1><p>{stop.code}</p></html>'
        return HTMLResponse(page, stop.status, headers=headers)
    content = {"errors": [{"message": stop.message, "extensions": {"code": stop.code}}]}
    return Response(orjson.dumps(content), stop.status, headers=headers, media_type="application/json")
