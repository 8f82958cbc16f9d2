"""Record that the keys which sign access tokens were rotated, from the command line."""

from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from services.audit.record import record


async def record_rotation(infra: Infra, kid: str, *, compromised: bool) -> None:
    """Errors: StoreUnavailable; SQLAlchemyError where there is no such table yet."""
    details = {"kid": kid, "compromised": str(compromised).lower()}

    async def work(session: AsyncSession) -> None:
        record(session, "keys.rotated", now=infra.now(), subject=None, actor="command line", details=details)

    await infra.database.transact(work)
