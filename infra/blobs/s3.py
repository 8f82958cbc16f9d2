"""Files in a bucket of Amazon S3 or of a server that speaks its protocol; path-style addresses."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx2
import structlog

from infra.blobs.aws_signature import EMPTY, Credentials, encoded_path, signed
from infra.blobs.protocol import CHUNK, away, checked
from infra.clock import Clock
from infra.http_client import HttpClient

log = structlog.get_logger(__name__)

# What a server may take to store a file, or to send the next piece of one.
_PATIENCE: Final = 10.0
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Bucket:
    """``endpoint`` is the server's URL without a path; ``prefix`` is put before every name."""

    endpoint: str
    name: str
    prefix: str
    credentials: Credentials


class S3:
    """``timeout``: seconds to connect, and for answers without a file in them."""

    def __init__(self, bucket: Bucket, now: Clock, *, timeout: float) -> None:
        self._bucket = bucket
        self._host = urlsplit(bucket.endpoint).netloc
        self._now = now
        self._timeout = timeout
        limits = httpx2.Limits(max_connections=32, max_keepalive_connections=8)
        long = httpx2.Timeout(_PATIENCE, connect=timeout, pool=timeout)
        self._http = HttpClient(base_url=bucket.endpoint, timeout=long, limits=limits)

    async def put(self, name: str, content: bytes, content_type: str, *, private: bool = False) -> None:
        # The cache headers are for a CDN that reads the bucket itself.
        headers = {"content-type": content_type, "cache-control": "private, no-store" if private else _FOREVER}
        async with self._send("PUT", name, headers, content) as reply:
            await self._expect(reply, 200)

    async def size(self, name: str) -> int | None:
        async with self._send("HEAD", name, timeout=self._timeout) as reply:
            if reply.status_code == 404:
                return None
            await self._expect(reply, 200)
            return int(reply.headers["content-length"])

    async def read(self, name: str, start: int, length: int) -> AsyncIterator[bytes]:
        headers = {"range": f"bytes={start}-{start + length - 1}"}
        async with self._send("GET", name, headers) as reply:
            await self._expect(reply, 206)
            async for piece in reply.aiter_raw(CHUNK):
                yield piece

    async def delete(self, name: str) -> None:
        async with self._send("DELETE", name, timeout=self._timeout) as reply:
            if reply.status_code != 404:
                await self._expect(reply, 200, 204)

    async def close(self) -> None:
        await self._http.aclose()

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        name: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[httpx2.Response]:
        """Yields the answer, its body unread. Errors: StoreUnavailable when there is none."""
        bucket = self._bucket
        path = encoded_path(bucket.name, bucket.prefix, checked(name))
        digest = EMPTY if content is None else hashlib.sha256(content).hexdigest()
        sent = signed(bucket.credentials, method, self._host, path, headers or {}, digest, self._now())
        limit = httpx2.USE_CLIENT_DEFAULT if timeout is None else httpx2.Timeout(timeout)
        try:
            async with self._http.stream(method, path, headers=sent, content=content, timeout=limit) as reply:
                yield reply
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            raise away() from error

    async def _expect(self, reply: httpx2.Response, *statuses: int) -> None:
        """Errors: StoreUnavailable. What the server says of it is for the log: its code, nothing of ours."""
        if reply.status_code not in statuses:
            text = (await reply.aread())[:2000].decode(errors="replace")
            code = text.partition("<Code>")[2].partition("</Code>")[0][:100]
            log.warning("media.refused", status=reply.status_code, code=code)
            raise away()
