"""Record that somebody could not sign in with a password."""

from typing import Literal
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.runtime import Infra
from services.audit.record import Outcome, record
from services.shared.client import Client

log = structlog.get_logger(__name__)

Why = Literal["UNKNOWN_ACCOUNT", "WRONG_PASSWORD", "NOT_ALLOWED"]


async def refused_sign_in(infra: Infra, user_id: UUID | None, why: Why, client: Client) -> None:
    """Record that a sign-in was refused: the same work whether there is such an account or not.

    Never fails: the answer does not depend on it.
    """

    async def work(session: AsyncSession) -> None:
        record(
            session,
            "session.refused",
            now=infra.now(),
            subject=user_id,
            client=client,
            details={"reason": why},
            outcome=Outcome.REFUSED,
        )

    try:
        await infra.database.transact(work, timeout=infra.settings.store_timeout)
    except StoreUnavailable:
        log.warning("audit.not_recorded", action="session.refused")
