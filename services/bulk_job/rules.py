"""Kinds of jobs, who may have them, and how much there may be. Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from models.enums import JobKind, JobState, Role, Scope
from services.shared.viewer import Viewer

SCOPES: Final[Mapping[JobKind, Scope]] = {
    JobKind.PRODUCT_IMPORT: Scope.CATALOG_WRITE,
    JobKind.STOCK_IMPORT: Scope.STOCK_WRITE,
    JobKind.PRODUCT_EXPORT: Scope.CATALOG_READ,
    JobKind.ORDER_EXPORT: Scope.ORDERS_READ,
}
IMPORTS: Final = frozenset({JobKind.PRODUCT_IMPORT, JobKind.STOCK_IMPORT})
OPEN: Final = (JobState.UPLOADING, JobState.QUEUED, JobState.RUNNING)
MOST_OPEN: Final = 20
"""Of all: whoever starts another is told to try again."""
MOST_PROBLEMS: Final = 500
MOST_RUNS: Final = 10
"""A job whose workers die so often is what they die of."""
PART: Final = 4 * 1024 * 1024
"""Bytes of a file that are in memory at once."""
UPLOAD_TAKES: Final = timedelta(hours=1)
FILES_KEPT: Final = timedelta(days=7)
JOBS_KEPT: Final = timedelta(days=30)
LINK: Final = timedelta(minutes=10)
PATH: Final = "/jobs"


def kinds_for(viewer: Viewer | None) -> frozenset[JobKind]:
    """Returns the kinds that the viewer may start, see and cancel."""
    if viewer is None:
        return frozenset()
    return frozenset(kind for kind, scope in SCOPES.items() if viewer.may(Role.STAFF, scope))


def part_name(file_key: str, way: str, part: int) -> str:
    """Returns what a part of a file is called in the store; nobody finds it who does not know the key."""
    return f"{_mac(file_key, f'{way}:{part}')[:48]}-job.csv"


@dataclass(frozen=True, slots=True)
class Link:
    """``path`` has a signature in it: whoever has it may fetch the file until then."""

    path: str
    expires_at: datetime


def link_to(job_id: UUID, file_key: str, now: datetime) -> Link:
    expires = int((now + LINK).timestamp())
    path = f"{PATH}/{job_id.hex}?expires={expires}&signature={_mac(file_key, f'link:{expires}')}"
    return Link(path, datetime.fromtimestamp(expires, now.tzinfo))


def is_good(file_key: str, expires: str, signature: str, now: datetime) -> bool:
    """Tell whether a link was made by ``link_to``, and is good still."""
    if not (expires.isascii() and expires.isdigit() and len(expires) < 12) or int(expires) < now.timestamp():
        return False
    return hmac.compare_digest(_mac(file_key, f"link:{expires}").encode(), signature.encode(errors="replace"))


def _mac(file_key: str, text: str) -> str:
    return hmac.digest(bytes.fromhex(file_key), text.encode(), sha256).hex()
