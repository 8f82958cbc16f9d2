"""Documents known by a name, so that a query fits into a URL that a CDN can hold.

Two ways to name one, both with the SHA-256 of its text in hex:

* ``documentId=sha256:<hash>`` (GraphQL over HTTP, persisted documents)
* ``extensions={"persistedQuery": {"version": 1, "sha256Hash": "<hash>"}}`` (Apollo's automatic persisted queries)

A document becomes known by being sent once with its hash beside its text. The answer to an unknown hash is
PERSISTED_QUERY_NOT_FOUND; clients then send the text. Kept in Redis, so what one process knows all of them know.

Those that a shop has loaded as its list (``rushcart documents load``) are known from the start, by whatever ids
their clients' build gave them. With the setting PERSISTED_ONLY no others are run.
"""

import hashlib
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog

from graphql_api.documents import Documents
from graphql_api.http_request import Operation, bad_request
from graphql_api.runtime import Runtime
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from resolvers.shared.context import Context
from resolvers.shared.failures import RequestError, unavailable
from services.document.keep_document import find_document, keep_document
from services.document.known_list import KnownList
from services.shared.errors import RateLimited
from services.shared.rate_limits import is_own, spend

log = structlog.get_logger(__name__)

NOT_FOUND: Final = "PERSISTED_QUERY_NOT_FOUND"
NOT_LISTED: Final = "DOCUMENT_NOT_LISTED"
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PREFIX: Final = "sha256:"
_MOST_CHARS: Final = 500_000
# How often Redis is told that a document is used, by a process that has it in memory; in seconds.
_TOLD_EVERY: Final = 600.0
# Who sends the text had an answer that it is not known: perhaps from a process that does not find it in Redis.
_TOLD_AGAIN: Final = 10.0


@dataclass(slots=True)
class _Known:
    text: str
    told_at: float


class PersistedDocuments:
    """``documents`` says which texts are worth keeping: those that can be executed."""

    def __init__(self, documents: Documents, runtime: Runtime) -> None:
        self._documents = documents
        self._runtime = runtime
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._chars = 0

    def is_needed(self, operation: Operation) -> bool:
        """Returns whether the operation has to be resolved: most have their text, and no name for it."""
        is_named = operation.document_id is not None or bool(operation.extensions)
        return is_named or self._runtime.running.infra.settings.persisted_only

    async def resolve(self, operation: Operation, context: Context) -> Operation:
        """Returns the operation with its text.

        Errors: Refused; RequestError (PERSISTED_QUERY_NOT_FOUND, DOCUMENT_NOT_LISTED, UNAVAILABLE).
        """
        listed = self._runtime.running.listed
        text = _listed(operation, listed)
        if text is not None or context.infra.settings.persisted_only:
            return await self._take_listed(operation, text, listed)
        digest = _digest_of(operation)
        if digest is None:
            return operation
        if operation.query:
            if hashlib.sha256(operation.query.encode()).hexdigest() != digest:
                raise bad_request("The hash is not that of the query.")
            await self._remember(digest, operation.query, context)
            return operation
        text = await self._recall(digest, context.infra) or await self._find(digest, context.infra)
        if text is None:
            # The words are those that Apollo's clients look for.
            raise RequestError(NOT_FOUND, "PersistedQueryNotFound")
        return replace(operation, query=text)

    async def _take_listed(self, operation: Operation, text: str | None, listed: KnownList) -> Operation:
        """Errors: RequestError."""
        if text is None and operation.query and listed.has(operation.query):
            text = operation.query
        if text is None:
            if not listed.is_loaded:
                raise unavailable()
            raise RequestError(NOT_LISTED, "This server runs only the documents of its list.")
        # Of the shop's own documents nobody is charged for the first.
        await self._documents.get(text)
        return replace(operation, query=text)

    async def _find(self, digest: str, infra: Infra) -> str | None:
        try:
            text = await find_document(infra, digest)
        except StoreUnavailable:
            # Then the client sends the text, and is answered.
            return None
        if text is not None:
            self._note(digest, text)
        return text

    async def _remember(self, digest: str, text: str, context: Context) -> None:
        """Keep it, if it can be kept: it is here all the same. Errors: Refused, over a limit."""
        known = self._known.get(digest)
        if known is not None and time.monotonic() - known.told_at < _TOLD_AGAIN:
            return
        if (await self._documents.get(text, context)).errors:
            return
        infra, client = context.infra, context.client
        try:
            if await find_document(infra, digest) is None:
                if not is_own(client.ip):
                    await spend(infra, "persistDocument", client.network)
                await keep_document(infra, digest, text)
        except (StoreUnavailable, RateLimited) as error:
            log.info("document.not_kept", reason=type(error).__name__)
            return
        self._note(digest, text)

    async def _recall(self, digest: str, infra: Infra) -> str | None:
        """Returns a text that is in memory; Redis is told of its use from time to time, lest it let it go."""
        known = self._known.get(digest)
        if known is None:
            return None
        self._known.move_to_end(digest)
        now = time.monotonic()
        if now - known.told_at > _TOLD_EVERY:
            known.told_at = now
            try:
                await keep_document(infra, digest, known.text)
            except StoreUnavailable:
                log.info("document.not_kept", reason="StoreUnavailable")
        return known.text

    def _note(self, digest: str, text: str) -> None:
        if digest not in self._known:
            self._chars += len(text)
        self._known[digest] = _Known(text, time.monotonic())
        while self._chars > _MOST_CHARS:
            _, oldest = self._known.popitem(last=False)
            self._chars -= len(oldest.text)


def _listed(operation: Operation, listed: KnownList) -> str | None:
    """Returns the text of a document that is named by its id on the list."""
    if not len(listed) or (id_ := _id_of(operation)) is None:
        return None
    text = listed.find(id_)
    # A text that is sent as well must be that one: which of them is meant would be a guess.
    return text if not operation.query or operation.query == text else None


def _id_of(operation: Operation) -> str | None:
    """Returns how the document is named, if it is; whatever the list has may be a name."""
    if operation.document_id is not None:
        return operation.document_id
    asked: Any = (operation.extensions or {}).get("persistedQuery")
    digest = asked.get("sha256Hash") if isinstance(asked, dict) else None
    return digest if isinstance(digest, str) else None


def _digest_of(operation: Operation) -> str | None:
    """Errors: Refused, for what is no hash."""
    if operation.document_id is not None:
        return _checked(
            operation.document_id.removeprefix(_PREFIX), "documentId must be sha256: and 64 hex digits."
        )
    asked: Any = (operation.extensions or {}).get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.get("version") != 1 or not isinstance(asked.get("sha256Hash"), str):
        raise bad_request("extensions.persistedQuery must have version 1 and a sha256Hash.")
    return _checked(asked["sha256Hash"], "extensions.persistedQuery.sha256Hash must be 64 hex digits.")


def _checked(digest: str, otherwise: str) -> str:
    lower = digest.lower()
    if not _HASH.fullmatch(lower):
        raise bad_request(otherwise)
    return lower
