"""Write down the refusals that this process has gathered."""

from collections import Counter

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.refusals import Refusal
from infra.runtime import Infra
from services.audit.record import Outcome, record
from services.shared.client import NOWHERE, Client

log = structlog.get_logger(__name__)


async def write_refusals(infra: Infra, *, ending: bool = False) -> int:
    """Write the refusals that were noted, and one entry an action for how many more came in the last minute;
    ``ending``: also of this one.

    Returns how many entries. Errors: StoreUnavailable; then they are kept for the next time.
    """
    taken = infra.refusals.take()
    more = infra.refusals.take_more(None if ending else infra.now().timestamp())
    if not taken and not more:
        return 0
    try:
        await infra.database.transact(lambda session: _write_entries(session, infra, taken, more))
    except StoreUnavailable:
        infra.refusals.put_back(taken, more)
        raise
    for action, count in more.items():
        log.warning("audit.more_refused", action=action, count=count)
        infra.counters.add("audit", "refused_more", count)
    return len(taken) + len(more)


async def _write_entries(session: AsyncSession, infra: Infra, taken: list[Refusal], more: Counter[str]) -> None:
    for refusal in taken:
        details = {"what": refusal.what}
        _write_entry(session, infra, refusal.action, details, refusal.subject, Client(refusal.ip, refusal.device))
    for action, count in more.items():
        _write_entry(session, infra, action, {"more": str(count)})


def _write_entry(
    session: AsyncSession,
    infra: Infra,
    action: str,
    details: dict[str, str],
    subject: str = "",
    client: Client = NOWHERE,
) -> None:
    record(
        session,
        action,
        now=infra.now(),
        subject=subject or None,
        client=client,
        details=details,
        outcome=Outcome.REFUSED,
    )
