"""Note where a payment that was just begun is paid, together with those of others."""

from collections.abc import Sequence
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Payment, PaymentStatus
from services.payment.apply_news import apply_news
from services.payment.provider import Standing
from services.shared.patience import ask_together, or_try_again, transact_for_request

_KIND: Final = "pages"
_NOTE: Final = (
    update(Payment)
    .where(Payment.id == bindparam("key"), Payment.status == PaymentStatus.PENDING)
    .values(reference=bindparam("at"), redirect_url=func.coalesce(bindparam("page"), Payment.redirect_url))
)


class _Begun(NamedTuple):
    payment_id: UUID
    standing: Standing


async def note_page(infra: Infra, payment_id: UUID, standing: Standing) -> Payment:
    """Settle a payment by its provider's first answer. While it waits for its customer there is no more to it than
    the reference and the page: no order is locked, as ``settle`` would.

    Errors: NotFound, TryAgain: then it is asked for again later.
    """
    if standing.status != PaymentStatus.PENDING or not standing.reference:
        return await apply_news(infra, payment_id, standing)
    with or_try_again():
        begun = _Begun(payment_id, standing)
        payment: Payment | None = await ask_together(infra, _KIND, partial(_note, infra), begun)
    if payment is None:
        return await apply_news(infra, payment_id, standing)
    infra.signals.send([payment.order_id])
    return payment


async def _note(infra: Infra, begun: Sequence[_Begun]) -> list[Payment | None]:
    """Returns None for all when one of them waits no more."""
    rows = [
        {"key": one.payment_id, "at": one.standing.reference, "page": one.standing.redirect_url} for one in begun
    ]
    rows.sort(key=itemgetter("key"))

    async def work(session: AsyncSession) -> dict[UUID, Payment]:
        connection = await session.connection()
        noted = await connection.execute(_NOTE, rows, execution_options={"preserve_rowcount": True})
        if noted.rowcount != len(rows):
            return {}
        found = await session.scalars(select(Payment).where(Payment.id.in_([one.payment_id for one in begun])))
        return {payment.id: payment for payment in found}

    found = await transact_for_request(infra, work)
    return [found.get(one.payment_id) for one in begun]
