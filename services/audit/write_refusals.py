"""Write down the refusals that this process has gathered."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.refusals import Refusal
from infra.runtime import Infra
from services.audit.record import Outcome, record
from services.shared.client import Client


async def write_refusals(infra: Infra) -> int:
    """Write the refusals that were noted.

    Returns how many. Errors: StoreUnavailable; then they are kept for the next time.
    """
    taken = infra.refusals.take()
    if not taken:
        return 0
    try:
        await infra.database.transact(lambda session: _write_entries(session, infra, taken))
    except StoreUnavailable:
        infra.refusals.put_back(taken)
        raise
    return len(taken)


async def _write_entries(session: AsyncSession, infra: Infra, taken: list[Refusal]) -> None:
    for refusal in taken:
        record(
            session,
            refusal.action,
            now=infra.now(),
            subject=refusal.subject or None,
            client=Client(refusal.ip, refusal.device),
            details={"what": refusal.what},
            outcome=Outcome.REFUSED,
        )
