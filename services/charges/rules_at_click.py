"""The shop's rules for the click of a flash order: from this process's memory, which asks the database seldom."""

from typing import Final

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from models.changes import CHARGES
from models.charges_rules import ChargeRules
from services.charges.read_rules import read_rules

_TTL: Final = 2.0
"""Seconds; what this process hears of is forgotten at once."""
_KEY: Final = "charge_rules"


async def rules_at_click(infra: Infra) -> ChargeRules:
    """Returns them; the same object until they change.

    While the database is away orders go on by the rules that this process or Redis knows. Errors:
    StoreUnavailable, when neither knows any.
    """
    mark, rules = await infra.local.get(_KEY, _TTL, lambda: _read_marked(infra))
    if infra.hearing.unchanged_since(mark, (CHARGES,)):
        return rules
    infra.local.forget(_KEY)
    try:
        _, newer = await infra.local.get(_KEY, _TTL, lambda: _read_marked(infra))
    except StoreUnavailable:
        infra.local.put(_KEY, (infra.hearing.mark(), rules), _TTL)
        return rules
    return newer


async def _read_marked(infra: Infra) -> tuple[int, ChargeRules]:
    mark = infra.hearing.mark()
    return mark, await read_rules(infra)
