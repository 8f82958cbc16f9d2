"""Staff make codes and disable them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import DiscountCode, DiscountKind
from services.discount.find_code import normal
from services.money.amounts import MoneyError, to_minor
from services.shared.errors import FieldProblem, InvalidInput, NotFound
from services.shared.patience import or_try_again, transact_for_request
from services.shared.pricing import WHOLE

_MOST_USES: Final = 10**9


@dataclass(frozen=True, slots=True)
class CodeDraft:
    """``percent`` for PERCENT, ``amount`` and ``currency`` for AMOUNT, none of them for FREE_SHIPPING."""

    code: str
    kind: DiscountKind
    percent: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    max_uses: int | None = None
    max_uses_per_customer: int | None = None


async def create_code(infra: Infra, draft: CodeDraft, actor: str) -> DiscountCode:
    """Errors: InvalidInput, TryAgain."""
    if problems := list(_problems(draft)):
        raise InvalidInput(problems)
    values = _values(draft, actor, infra.now())

    async def work(session: AsyncSession) -> None:
        await session.execute(insert(DiscountCode), [values])

    try:
        with or_try_again():
            await transact_for_request(infra, work)
    except IntegrityError as error:
        raise InvalidInput.at("code", message="is in use") from error
    return DiscountCode(**values)


async def disable_code(infra: Infra, code_id: UUID) -> DiscountCode:
    """Disable a code; orders that use it keep what they have.

    Disabled already is fine. Errors: NotFound, TryAgain.
    """

    async def work(session: AsyncSession) -> None:
        await session.execute(
            update(DiscountCode)
            .where(DiscountCode.id == code_id, DiscountCode.disabled_at.is_(None))
            .values(disabled_at=infra.now())
            .execution_options(synchronize_session=False)
        )

    with or_try_again():
        await transact_for_request(infra, work)
        async with infra.database.read() as session:
            row = await session.get(DiscountCode, code_id)
    if row is None:
        raise NotFound("There is no such discount code.")
    return row


async def look_up_code(infra: Infra, given: str) -> DiscountCode | None:
    """Find a code for staff. Errors: StoreUnavailable."""
    async with infra.database.read() as session:
        found: DiscountCode | None = await session.scalar(
            select(DiscountCode).where(DiscountCode.code == (normal(given) or ""))
        )
    return found


def _values(draft: CodeDraft, actor: str, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "code": normal(draft.code),
        "kind": draft.kind,
        "rate": 0 if draft.percent is None else int(draft.percent * WHOLE) // 100,
        "amount": 0 if draft.amount is None else to_minor(draft.amount, draft.currency or ""),
        "currency": draft.currency,
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
        "max_uses": draft.max_uses,
        "max_uses_per_customer": draft.max_uses_per_customer,
        "used": 0,
        "disabled_at": None,
        "actor": actor,
        "created_at": now,
    }


def _problems(draft: CodeDraft) -> Iterator[FieldProblem]:
    if normal(draft.code) is None:
        yield _problem("code", "must have 3 to 40 letters, digits, - or _")
    yield from _problems_of_kind(draft)
    for name, count in (("maxUses", draft.max_uses), ("maxUsesPerCustomer", draft.max_uses_per_customer)):
        if count is not None and not 1 <= count <= _MOST_USES:
            yield _problem(name, f"must be 1 to {_MOST_USES}")
    if draft.starts_at is not None and draft.ends_at is not None and draft.ends_at <= draft.starts_at:
        yield _problem("endsAt", "must be after startsAt")


def _problems_of_kind(draft: CodeDraft) -> Iterator[FieldProblem]:
    wanted = {
        DiscountKind.PERCENT: {"percent"},
        DiscountKind.AMOUNT: {"amount", "currencyCode"},
        DiscountKind.FREE_SHIPPING: set[str](),
    }[draft.kind]
    given = {"percent": draft.percent, "amount": draft.amount, "currencyCode": draft.currency}
    for name, value in given.items():
        if (value is not None) != (name in wanted):
            yield _problem(name, f"is {'needed' if name in wanted else 'not'} for {draft.kind}")
    if draft.percent is not None and not _is_percent(draft.percent):
        yield _problem("percent", "must be above 0, at most 100, with at most 4 decimals")
    if draft.amount is not None and draft.currency is not None:
        yield from _amount_problems(draft.amount, draft.currency)


def _is_percent(percent: Decimal) -> bool:
    if not percent.is_finite() or not 0 < percent <= 100:
        return False
    exponent = percent.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -4


def _amount_problems(amount: Decimal, currency: str) -> Iterator[FieldProblem]:
    try:
        if to_minor(amount, currency) == 0:
            yield _problem("amount", "must be above 0")
    except MoneyError as error:
        is_code = "ISO" in str(error)
        yield _problem("currencyCode" if is_code else "amount", str(error))


def _problem(name: str, message: str) -> FieldProblem:
    return FieldProblem(("input", name), message)
