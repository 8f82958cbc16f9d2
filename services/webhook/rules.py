"""Where webhooks go, kept by administrators: what an endpoint may be, and its secret."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from services.shared.client import Client
from services.shared.errors import FieldProblem, InvalidInput
from services.shared.events import EVENT_TYPES

MOST: Final = 50
"""Endpoints of a shop."""
_LONGEST_URL: Final = 500
_PREFIX: Final = "whsec_"
OVERLAP: Final = timedelta(days=1)
"""How long the secret of before signs beside a new one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which administrator, and from where."""

    user_id: UUID
    client: Client


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """None: left as it is."""

    url: str | None = None
    types: Sequence[str] | None = None
    enabled: bool | None = None


def new_secret() -> str:
    """Make a secret as Standard Webhooks has it: 32 random bytes in base64."""
    return _PREFIX + b64encode(token_bytes(32)).decode()


def secret_bytes(secret: str) -> bytes:
    return b64decode(secret.removeprefix(_PREFIX))


def check_endpoint(change: EndpointChange) -> None:
    """Errors: InvalidInput with every problem."""
    problems = {"url": _url_problem(change.url), "types": _types_problem(change.types)}
    found = [FieldProblem(("input", name), problem) for name, problem in problems.items() if problem]
    if found:
        raise InvalidInput(found)


def _url_problem(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        right = False
    if not right or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        return f"must be an http or https URL of at most {_LONGEST_URL} ASCII characters"
    if urlsplit(url).username is not None or "#" in url:
        return "must have no user name, password or fragment"
    return None


def _types_problem(types: Sequence[str] | None) -> str | None:
    if types is None:
        return None
    if not 1 <= len(types) <= len(EVENT_TYPES):
        return f"must have 1 to {len(EVENT_TYPES)} entries"
    unknown = [name for name in types if name not in EVENT_TYPES]
    return f"has no type of event: {unknown[0][:100]}" if unknown else None
