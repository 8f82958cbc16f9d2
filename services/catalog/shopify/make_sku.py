"""SKUs for variants that a file gives none: a function of the handle and the option values alone.

That they depend on nothing else in the file is what makes an import re-runnable: another row, or another
order of the rows, must not give a variant another SKU.
"""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from typing import Final

from services.shared.texts import SKU_LENGTH

# A handle has no full stop, and neither has such a value: so the parts can be told from the whole, and
# two variants never share a plain SKU. A space is written as an underscore, which a plain value has not.
_PLAIN_HANDLE = re.compile(r"[a-z0-9_-]+", re.ASCII)
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9-]+(?: [A-Za-z0-9-]+)*", re.ASCII)
_DIGEST_LENGTH: Final = 12


def make_sku(handle: str, values: Sequence[str], taken: Collection[str] = ()) -> str:
    """Make a SKU such as ``classic-varsity-top.Small``; with ``~`` and a digest when that is too long, ambiguous
    or ``taken``."""
    plain = ".".join([handle, *(value.replace(" ", "_") for value in values)])
    if _is_plain(handle, values) and len(plain) <= SKU_LENGTH and plain not in taken:
        return plain
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", plain, flags=re.ASCII)
    attempt = 0
    while (sku := _with_digest(readable, handle, values, attempt)) in taken:
        attempt += 1
    return sku


def _is_plain(handle: str, values: Sequence[str]) -> bool:
    return _PLAIN_HANDLE.fullmatch(handle) is not None and all(map(_PLAIN_VALUE.fullmatch, values))


def _with_digest(readable: str, handle: str, values: Sequence[str], attempt: int) -> str:
    source = json.dumps([handle, *values, attempt]).encode()
    digest = hashlib.sha256(source).hexdigest()[:_DIGEST_LENGTH]
    return f"{readable[: SKU_LENGTH - _DIGEST_LENGTH - 1]}~{digest}"
