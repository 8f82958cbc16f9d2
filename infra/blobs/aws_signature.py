"""AWS Signature Version 4 for S3 (Amazon S3 API Reference, "Authenticating Requests: Using the Authorization
Header"). Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote

EMPTY: Final = hashlib.sha256(b"").hexdigest()
_ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key: str
    secret_key: str
    region: str


def signed(
    credentials: Credentials,
    method: str,
    host: str,
    path: str,
    headers: Mapping[str, str],
    payload_hash: str,
    at: datetime,
) -> dict[str, str]:
    """Sign a request; returns all headers to send, but Host. ``path`` is the one to send, encoded; ``headers``
    have lower-case names.

    ``payload_hash`` is the SHA-256 of the body in hex. There is no query string.
    """
    moment = f"{at:%Y%m%dT%H%M%SZ}"
    given = {**headers, "x-amz-content-sha256": payload_hash, "x-amz-date": moment}
    signing = {**given, "host": host}
    names = ";".join(sorted(signing))
    lines = "".join(f"{name}:{signing[name].strip()}\n" for name in sorted(signing))
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{payload_hash}"
    scope = f"{moment[:8]}/{credentials.region}/s3/aws4_request"
    text = f"{_ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(_key(credentials, moment[:8]), text.encode(), hashlib.sha256).hexdigest()
    credential = f"{credentials.access_key}/{scope}"
    authorization = f"{_ALGORITHM} Credential={credential},SignedHeaders={names},Signature={signature}"
    return {**given, "authorization": authorization}


def encoded_path(*parts: str) -> str:
    """Returns a path of these parts as S3 wants it: every byte but the unreserved ones and slashes encoded."""
    return "/" + "/".join(quote(part.strip("/"), safe="/~") for part in parts if part.strip("/"))


def _key(credentials: Credentials, day: str) -> bytes:
    key = f"AWS4{credentials.secret_key}".encode()
    for part in (day, credentials.region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
