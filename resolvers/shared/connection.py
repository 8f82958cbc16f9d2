"""Relay connections with keyset cursors.

A cursor holds the sort values of its row, so pages stay right while rows come and go.
"""

from base64 import b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
import strawberry

from resolvers.shared.caching import CATALOG, cached
from resolvers.shared.failures import bad_argument

DEFAULT_PAGE = 20
MAX_PAGE = 100
_VERSION = 1
_MAX_CURSOR_LENGTH = 2000

CursorValue = str | int | UUID | datetime


@strawberry.type(description="Where a page lies in its list.", directives=[cached(CATALOG)])
class PageInfo:
    has_next_page: bool = strawberry.field(description="There is more behind this page.")
    has_previous_page: bool = strawberry.field(description="There is more ahead of this page.")
    start_cursor: str | None = strawberry.field(
        description="For `before`: of the first on the page; null: it is empty."
    )
    end_cursor: str | None = strawberry.field(
        description="For `after`: of the last on the page; null: it is empty."
    )


@dataclass(frozen=True, slots=True)
class PageArguments:
    """``limit`` rows after ``after`` and before ``before``; from the end of the list when ``backwards``."""

    limit: int
    after: tuple[CursorValue, ...] | None
    before: tuple[CursorValue, ...] | None
    backwards: bool


def encode_cursor(sort: str, *values: CursorValue) -> str:
    """Make an opaque cursor; ``sort`` names the order of the list, so that a cursor of another one is refused."""
    return urlsafe_b64encode(orjson.dumps([_VERSION, sort, *values])).rstrip(b"=").decode()


def decode_cursor(cursor: str, sort: str, kinds: Sequence[type], argument: str) -> tuple[CursorValue, ...]:
    """Read the sort values, of these kinds (str, int, UUID, datetime).

    Errors: BAD_USER_INPUT naming the argument.
    """
    try:
        if len(cursor) <= _MAX_CURSOR_LENGTH:
            bare = cursor.rstrip("=")
            plain = orjson.loads(b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True))
            version, name, *values = plain
            if (version, name) == (_VERSION, sort):
                return tuple(_restore(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (NotBase64, ValueError, TypeError, OverflowError):
        pass
    raise bad_argument(argument, "is not a cursor of this list")


def _restore(value: object, kind: type) -> CursorValue:
    if kind is int and type(value) is int and abs(value) < 2**63:
        return value
    if not isinstance(value, str):
        raise TypeError
    if kind is UUID:
        return UUID(value)
    if kind is datetime:
        return datetime.fromisoformat(value).astimezone(UTC)
    if kind is not str:
        raise TypeError
    return value


def page_arguments(
    first: int | None,
    after: str | None,
    last: int | None = None,
    before: str | None = None,
    *,
    sort: str,
    kinds: Sequence[type],
    default: int = DEFAULT_PAGE,
    maximum: int = MAX_PAGE,
) -> PageArguments:
    """Check Relay's four arguments; an empty cursor is none: clients in Go send it for what is not given.

    Errors: BAD_USER_INPUT naming the one at fault.
    """
    if first is not None and last is not None:
        raise bad_argument("last", "cannot be used together with first")
    for argument, wanted in (("first", first), ("last", last)):
        if wanted is not None and not 0 <= wanted <= maximum:
            raise bad_argument(argument, f"must be between 0 and {maximum}")
    limit = first if first is not None else last
    return PageArguments(
        limit=default if limit is None else limit,
        after=decode_cursor(after, sort, kinds, "after") if after else None,
        before=decode_cursor(before, sort, kinds, "before") if before else None,
        backwards=last is not None,
    )
