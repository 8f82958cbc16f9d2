"""Read the shop's zones and tax regions: from this process's memory, as long as it hears of every change."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from infra.cache.dependencies import depend_on
from infra.cache.jitter import spread
from infra.cache.two_levels import MEMORY_TTL, recall
from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.changes import CHARGES
from models.charges_rules import ChargeRules
from services.charges.kept_rules import keep_rules, kept_rules
from services.charges.rows import not_taken_over, read_all, take_over
from services.shared.patience import transact_for_request

_BYTES: Final = 2_000
"""Of a zone or a region in memory."""

_KEPT_TTL: Final = 2.0
"""Seconds for which what Redis has kept is believed, before the database is asked again."""


async def read_rules(infra: Infra) -> ChargeRules:
    """Read them; the first time ever, those of the settings are taken over into the database.

    While the database is away, those that any process read last. Errors: StoreUnavailable, when Redis has none.
    """
    depend_on([CHARGES])
    known: ChargeRules | None = recall(infra.memory, infra.counters, [CHARGES]).get(CHARGES)
    rules = await _read(infra) if known is None else known
    if names := not_taken_over(infra.settings.shop, rules.fills):

        async def work(session: AsyncSession) -> None:
            for name in names:
                await take_over(session, infra.settings.shop, name, infra.now())

        await transact_for_request(infra, work)
        return await _read(infra)
    return rules


async def _read(infra: Infra) -> ChargeRules:
    mark = infra.hearing.mark()
    try:
        async with infra.database.read() as session:
            rules = await read_all(session)
    except StoreUnavailable:
        kept = await kept_rules(infra)
        if kept is None:
            raise
        infra.memory.put(CHARGES, kept, size=_size(kept), ttl=_KEPT_TTL, mark=mark)
        return kept
    infra.memory.put(CHARGES, rules, size=_size(rules), ttl=spread(MEMORY_TTL), mark=mark)
    await keep_rules(infra, rules)
    return rules


def _size(rules: ChargeRules) -> int:
    return _BYTES * (1 + len(rules.zones) + len(rules.regions))
