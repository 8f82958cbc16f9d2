"""Who may send files, and how many at once; the reading itself is in multipart.py."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Final

from graphql_api.http_request import Refused
from graphql_api.multipart import Form, FormLimits
from graphql_api.negotiation import EVENT_STREAM
from models.enums import Role, Scope
from resolvers.shared.context import Context

PREFLIGHT: Final = (b"x-requested-with", b"graphql-require-preflight", b"apollo-require-preflight")
"""Browsers send forms to other sites without asking; with one of these headers they ask first (a preflight)."""

_AT_ONCE: Final = 8
_WITH_FILES: Final = (Scope.CATALOG_WRITE, Scope.STOCK_WRITE)
"""Of the mutations that take files."""


class Uploads:
    """Those of one process: each may hold a part of a disk and a thread."""

    def __init__(self) -> None:
        self._left = _AT_ONCE

    @contextmanager
    def form(self, context: Context, headers: Mapping[bytes, bytes], media_type: str) -> Iterator[Form]:
        """Open the form, to be read once it is known who sends it; its files are closed after the block.

        Errors: Refused.
        """
        if media_type == EVENT_STREAM:
            raise Refused(406, "NOT_ACCEPTABLE", "Files cannot be answered with an event stream.")
        if not any(headers.get(name, b"").strip() for name in PREFLIGHT):
            raise Refused(403, "CSRF", "A multipart request needs the header GraphQL-Require-Preflight.")
        _check_may_upload(context)
        settings = context.infra.settings
        limits = FormLimits(settings.max_body_bytes, settings.max_upload_bytes)
        with self._turnstile(), closing(Form(headers[b"content-type"], limits)) as form:
            yield form

    @contextmanager
    def _turnstile(self) -> Iterator[None]:
        if self._left <= 0:
            headers = ((b"retry-after", b"1"),)
            raise Refused(503, "UNAVAILABLE", "Too many uploads at once. Try again soon.", headers)
        self._left -= 1
        try:
            yield
        finally:
            self._left += 1


def _check_may_upload(context: Context) -> None:
    """Errors: Refused."""
    if context.viewer is None:
        raise Refused(401, "UNAUTHENTICATED", "Sign in first: files are taken from staff only.")
    if not any(context.viewer.may(Role.STAFF, scope) for scope in _WITH_FILES):
        raise Refused(403, "FORBIDDEN", "Files are taken from staff only.")
