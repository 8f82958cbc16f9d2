"""The rules as Redis keeps them: while the database is away orders are charged by them."""

from contextlib import suppress
from typing import Final

from pydantic import TypeAdapter

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.charges_rules import ChargeRules

_KEY: Final = "charges:rules:1"
"""With the version of their shape: a server does not read what one of another shape has kept."""
_RULES: Final = TypeAdapter(ChargeRules)


async def keep_rules(infra: Infra, rules: ChargeRules) -> None:
    """Keep what was just read. Without Redis nothing is ordered by them, so it may be away."""
    with suppress(StoreUnavailable):
        await infra.redis.execute(("SET", _KEY, _RULES.dump_json(rules)))


async def kept_rules(infra: Infra) -> ChargeRules | None:
    """Returns what was kept last. Errors: StoreUnavailable."""
    [found] = await infra.redis.execute(("GET", _KEY))
    return None if found is None else _RULES.validate_json(found)
