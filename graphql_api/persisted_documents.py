"""Documents known by their hash, so that a query fits into a URL that a CDN can hold.

Two ways to name one, both with the SHA-256 of its text in hex:

* ``documentId=sha256:<hash>`` (GraphQL over HTTP, persisted documents)
* ``extensions={"persistedQuery": {"version": 1, "sha256Hash": "<hash>"}}`` (Apollo's automatic persisted queries)

A document becomes known by being sent once with its hash beside its text. The answer to an unknown hash is
PERSISTED_QUERY_NOT_FOUND; clients then send the text. Kept in Redis, so what one process knows all of them know.
"""

import hashlib
import re
from collections import OrderedDict
from dataclasses import replace
from typing import Any, Final

import structlog

from graphql_api.documents import Documents
from graphql_api.http_request import Operation, bad_request
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from resolvers.shared.context import Context
from resolvers.shared.failures import RequestError
from services.shared.errors import RateLimited
from services.shared.rate_limits import is_own, spend

log = structlog.get_logger(__name__)

NOT_FOUND: Final = "PERSISTED_QUERY_NOT_FOUND"
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PREFIX: Final = "sha256:"
_KEPT_SECONDS: Final = 30 * 86_400
_RENEW_BELOW: Final = 15 * 86_400
_MOST_CHARS: Final = 500_000


class PersistedDocuments:
    """``documents`` says which texts are worth keeping: those that can be executed."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: OrderedDict[str, str] = OrderedDict()
        self._chars = 0

    async def resolve(self, operation: Operation, context: Context) -> Operation:
        """Returns the operation with its text. Errors: Refused, RequestError (PERSISTED_QUERY_NOT_FOUND)."""
        digest = _digest_of(operation)
        if digest is None:
            return operation
        if operation.query:
            if hashlib.sha256(operation.query.encode()).hexdigest() != digest:
                raise bad_request("The hash is not that of the query.")
            await self._remember(digest, operation.query, context)
            return operation
        text = self._recall(digest) or await self._find(digest, context.infra)
        if text is None:
            # The words are those that Apollo's clients look for.
            raise RequestError(NOT_FOUND, "PersistedQueryNotFound")
        return replace(operation, query=text)

    async def _find(self, digest: str, infra: Infra) -> str | None:
        name = _name(digest)
        try:
            found, left = await infra.redis.execute(("GET", name), ("TTL", name))
            if found is not None and left < _RENEW_BELOW:
                await infra.redis.execute(("EXPIRE", name, _KEPT_SECONDS))
        except StoreUnavailable:
            # Then the client sends the text, and is answered.
            return None
        if found is None:
            return None
        text = str(found.decode())
        self._note(digest, text)
        return text

    async def _remember(self, digest: str, text: str, context: Context) -> None:
        """Keep it, if it can be kept: it is here all the same. Errors: Refused, over a limit."""
        if digest in self._known or (await self._documents.get(text, context)).errors:
            return
        infra, client = context.infra, context.client
        try:
            [there] = await infra.redis.execute(("EXPIRE", _name(digest), _KEPT_SECONDS))
            if not there:
                if not is_own(client.ip):
                    await spend(infra, "persistDocument", client.network)
                await infra.redis.execute(("SET", _name(digest), text, "EX", _KEPT_SECONDS))
        except (StoreUnavailable, RateLimited) as error:
            log.info("document.not_kept", reason=type(error).__name__)
            return
        self._note(digest, text)

    def _recall(self, digest: str) -> str | None:
        text = self._known.get(digest)
        if text is not None:
            self._known.move_to_end(digest)
        return text

    def _note(self, digest: str, text: str) -> None:
        if digest not in self._known:
            self._chars += len(text)
        self._known[digest] = text
        while self._chars > _MOST_CHARS:
            _, oldest = self._known.popitem(last=False)
            self._chars -= len(oldest)


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


def _name(digest: str) -> str:
    return f"document:{digest}"
