"""The shop's rules for the click of a flash order: from this process's memory, which asks the database seldom."""

from typing import Final

from infra.runtime import Infra
from models.changes import CHARGES
from models.charges_rules import ChargeRules
from services.charges.read_rules import read_rules

_TTL: Final = 2.0
"""Seconds; what this process hears of is forgotten at once."""
_KEY: Final = "charge_rules"


async def rules_at_click(infra: Infra) -> ChargeRules:
    """Returns them; the same object until they change. Errors: StoreUnavailable, never for a process that has
    read them before and has heard of no change."""
    mark, rules = await infra.local.get(_KEY, _TTL, lambda: _read_marked(infra))
    if not infra.hearing.unchanged_since(mark, (CHARGES,)):
        infra.local.forget(_KEY)
        _, rules = await infra.local.get(_KEY, _TTL, lambda: _read_marked(infra))
    return rules


async def _read_marked(infra: Infra) -> tuple[int, ChargeRules]:
    mark = infra.hearing.mark()
    return mark, await read_rules(infra)
