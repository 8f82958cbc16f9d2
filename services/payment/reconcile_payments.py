"""Prove that the books of money add up, and that providers have the same in theirs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import MoneyCause, MoneyEntry, Payment
from services.money.books import provider_account
from services.payment import manual
from services.payment.apply_news import apply_news
from services.payment.choose_provider import find_provider, provider_names
from services.payment.provider import Provider, Standing

_PAGE: Final = 500
Totals = tuple[int, int, int]
"""Captured, refunded, fees, in minor units."""


@dataclass(frozen=True, slots=True)
class Difference:
    """``what``: ``books`` and ``totals`` are within ours, ``provider`` is between ours and a provider's,
    ``unknown`` is a payment of which only one side knows. ``fixed``: it was settled as the provider says.
    """

    what: str
    payment: str
    ours: str
    theirs: str
    fixed: bool = False


@dataclass(slots=True)
class MoneyReport:
    """``payments`` were compared with our books, ``listed`` with providers'."""

    payments: int = 0
    listed: int = 0
    differences: list[Difference] = field(default_factory=list)


async def reconcile_payments(infra: Infra, since: datetime, *, fix: bool = False) -> MoneyReport:
    """Compare the payments made since then with their providers.

    Errors: StoreUnavailable, ProviderError, with ``fix`` also TryAgain.
    """
    report = MoneyReport()
    await _check_postings(infra, report)
    ours: dict[str, dict[UUID, Totals]] = defaultdict(dict)
    after: UUID | None = None
    while page := await _page(infra, since, after):
        await _check_totals(infra, page, report)
        for payment in page:
            ours[payment.provider][payment.id] = (payment.captured, payment.refunded, payment.fees)
        after = page[-1].id
    for name in provider_names():
        is_used = name in infra.settings.ways_to_pay or bool(ours[name])
        provider = find_provider(infra, name) if is_used and name != manual.NAME else None
        if provider is not None:
            await _compare(infra, provider, since, ours[name], report, fix=fix)
    return report


async def _check_postings(infra: Infra, report: MoneyReport) -> None:
    """Each sums to zero."""
    total = func.sum(MoneyEntry.amount)
    wrong = select(MoneyEntry.posting_id, total).group_by(MoneyEntry.posting_id).having(total != 0)
    async with infra.database.read() as session:
        for posting, amount in await session.execute(wrong):
            report.differences.append(Difference("books", posting.hex, str(amount), "0"))


async def _page(infra: Infra, since: datetime, after: UUID | None) -> Sequence[Payment]:
    page = select(Payment).where(Payment.created_at >= since).order_by(Payment.id).limit(_PAGE)
    async with infra.database.read() as session:
        return (await session.scalars(page if after is None else page.where(Payment.id > after))).all()


async def _check_totals(infra: Infra, page: Sequence[Payment], report: MoneyReport) -> None:
    async with infra.database.read() as session:
        booked = await _booked(session, page)
    for payment in page:
        report.payments += 1
        has, says = (payment.captured, payment.refunded, payment.fees), booked.get(payment.id, (0, 0, 0))
        if has != says:
            report.differences.append(Difference("totals", payment.id.hex, str(has), str(says)))


async def _booked(session: AsyncSession, page: Sequence[Payment]) -> dict[UUID, Totals]:
    by = (MoneyEntry.payment_id, MoneyEntry.cause)
    sums = select(*by, func.sum(MoneyEntry.amount)).where(
        MoneyEntry.payment_id.in_([payment.id for payment in page]),
        MoneyEntry.account.startswith(provider_account("")),
    )
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for payment_id, cause, amount in await session.execute(sums.group_by(*by)):
        found[payment_id][cause] = abs(int(amount))
    return {
        payment_id: (
            causes.get(MoneyCause.CAPTURED, 0), causes.get(MoneyCause.REFUNDED, 0), causes.get(MoneyCause.FEE, 0)
        )
        for payment_id, causes in found.items()
    }  # fmt: skip


async def _compare(
    infra: Infra, provider: Provider, since: datetime, ours: dict[UUID, Totals], report: MoneyReport, *, fix: bool
) -> None:
    unseen = {payment_id for payment_id, totals in ours.items() if totals[0]}
    async for standing in provider.list_since(since):
        report.listed += 1
        payment_id = _key(standing)
        has = None if payment_id is None else ours.get(payment_id)
        theirs = (standing.captured, standing.refunded, _fees(standing, has))
        unseen.discard(payment_id or UUID(int=0))
        if payment_id is None or has is None:
            if standing.captured:
                name = f"{provider.name} {standing.reference}"
                report.differences.append(Difference("unknown", name, "none", str(theirs)))
        elif has != theirs:
            if fix:
                await apply_news(infra, payment_id, standing)
            report.differences.append(Difference("provider", payment_id.hex, str(has), str(theirs), fixed=fix))
    for payment_id in sorted(unseen):
        report.differences.append(Difference("unknown", payment_id.hex, str(ours[payment_id]), "none"))


def _fees(standing: Standing, ours: Totals | None) -> int:
    """Returns the fees; what is not known yet is no difference."""
    if standing.fees is not None:
        return standing.fees
    return 0 if ours is None else ours[2]


def _key(standing: Standing) -> UUID | None:
    try:
        return UUID(standing.key)
    except ValueError:
        return None
