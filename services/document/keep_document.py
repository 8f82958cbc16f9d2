"""Keep a document that a client made known, for all processes, and find it again."""

from pathlib import Path
from typing import Final

from infra.redis import LuaScript
from infra.redis_batch import Argument
from infra.runtime import Infra
from services.document.keys import BYTES, TEXTS, USED

_SCRIPT: Final = LuaScript.read(Path(__file__).parent / "lua" / "keep_document.lua")
_KEPT_SECONDS: Final = 30 * 86_400
_AREA: Final = "documents"


async def keep_document(infra: Infra, digest: str, text: str) -> None:
    """Keep a document, or note that one is used; the longest unused go when all together are over the bound.

    ``digest``: its SHA-256 in hex. Errors: StoreUnavailable.
    """
    most = infra.settings.persisted_documents_bytes
    arguments: list[Argument] = [digest, text.encode(), most, _KEPT_SECONDS]
    _, gone = await infra.redis.run_script(_SCRIPT, [TEXTS, USED, BYTES], arguments)
    infra.counters.add(_AREA, "evicted", int(gone))


async def find_document(infra: Infra, digest: str) -> str | None:
    """Returns the text that clients made known by that SHA-256; it counts as used. Errors: StoreUnavailable."""
    now = int(infra.now().timestamp())
    found, _ = await infra.redis.execute(("HGET", TEXTS, digest), ("ZADD", USED, "XX", now, digest))
    infra.counters.add(_AREA, "misses" if found is None else "hits")
    return None if found is None else str(found.decode())


async def weigh_documents(infra: Infra) -> int:
    """Returns how many bytes all that clients made known takes. Errors: StoreUnavailable."""
    [found] = await infra.redis.execute(("GET", BYTES))
    return int(found or 0)
