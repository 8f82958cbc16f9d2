"""Begin checkouts: the sagas of many customers' carts in one transaction, with all of their steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import Saga
from models.cart_document import CartDoc
from services.cart.rows import are_newest
from services.checkout.steps import CHECKOUT, PLANS
from services.saga.plan import Job, Plan
from services.saga.run_saga import first_row, refused_row
from services.shared.errors import ServiceError, TryAgain
from services.shared.fingerprint import fingerprint
from services.shared.idempotency import GroupKeys, Request, recall_all, remember, transact_with_keys
from services.shared.patience import ask_together
from services.shared.refused import Refused

BUSY_MS: Final = 200
_KIND: Final = "checkouts"


class CartChanged(Exception):
    """Since it was read: look again."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a key asks for: the ``job``, which was made of the ``cart`` as it was read."""

    request: Request
    cart: CartDoc
    job: Job

    @property
    def mark(self) -> str:
        """Of this version of the cart."""
        return fingerprint("cart", self.cart.id.hex, self.cart.life, self.cart.version)


@dataclass(slots=True)
class _Begun:
    """What a group knows of, and has begun. ``newest``: marks of carts that were not changed meanwhile;
    ``refused``: by job, what was found out when all were begun with it."""

    newest: set[str]
    claims: set[UUID]
    marks: set[str]
    refused: Mapping[UUID, ServiceError]
    keys: GroupKeys[UUID] = field(default_factory=GroupKeys)
    rows: list[dict[str, Any]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)


async def begin_checkout(infra: Infra, beginning: Beginning) -> UUID:
    """Begin a saga; returns its id, or that of the key's first time.

    A cart has one checkout at a time, and each version of it one for all time: two devices make one order.

    Errors: CartChanged, IdempotencyConflict, TryAgain, IntegrityError, StoreUnavailable; what refuses the job, of
    which nothing is done then.
    """
    return await ask_together(infra, _KIND, partial(_begin_together, infra), beginning)


async def _begin_together(infra: Infra, asked: Sequence[Beginning]) -> list[UUID | Exception]:
    refused: dict[UUID, ServiceError] = {}

    async def work(session: AsyncSession) -> list[UUID | Exception]:
        return await _begin(session, asked, refused, infra.now())

    while True:
        try:
            return await transact_with_keys(infra, work)
        except Refused as error:
            refused |= error.errors  # again without them


async def _begin(
    session: AsyncSession, asked: Sequence[Beginning], refused: Mapping[UUID, ServiceError], now: datetime
) -> list[UUID | Exception]:
    """The carts are locked first: whoever has one of them too, with its key, is before this or after it."""
    are_last = await are_newest(session, [one.cart for one in asked])
    newest = {one.mark for one, is_last in zip(asked, are_last, strict=True) if is_last}
    earlier = await recall_all(session, [one.request for one in asked])
    fresh = [one for one in asked if one.request not in earlier]
    begun = await _look_around(session, fresh, newest, refused)
    answers = [earlier.get(one.request) or _begin_one(one, begun, now) for one in asked]
    await remember(session, begun.keys.results, now)
    if begun.rows:
        await (await session.connection()).execute(insert(Saga), begun.rows)
    if begun.jobs and (whole := _plan().whole) is not None:
        await whole(session, begun.jobs, now)
    return answers


def _plan() -> Plan:
    return PLANS[CHECKOUT.kind]


async def _look_around(
    session: AsyncSession, fresh: Sequence[Beginning], newest: set[str], refused: Mapping[UUID, ServiceError]
) -> _Begun:
    if not fresh:
        return _Begun(newest, set(), set(), refused)
    carts, versions = [one.cart.id for one in fresh], [one.mark for one in fresh]
    taken = select(Saga.claim, Saga.mark).where(or_(Saga.claim.in_(carts), Saga.mark.in_(versions)))
    found = (await session.execute(taken)).all()
    claims, marks = {row[0] for row in found if row[0]}, {row[1] for row in found if row[1]}
    return _Begun(newest, claims, marks, refused)


def _begin_one(one: Beginning, begun: _Begun, now: datetime) -> UUID | Exception:
    if (before := begun.keys.find(one.request)) is not None:
        return before
    if one.cart.id in begun.claims:
        return TryAgain(BUSY_MS)
    if one.mark not in begun.newest or one.mark in begun.marks:
        return CartChanged()
    if (error := begun.refused.get(one.job.id)) is not None:
        begun.rows.append(refused_row(_plan(), one.job, error, now))
        return error
    begun.keys.note(one.request, one.job.id)
    begun.claims.add(one.cart.id)
    begun.marks.add(one.mark)
    begun.rows.append(first_row(_plan(), one.job, now, claim=one.cart.id, mark=one.mark))
    begun.jobs.append(one.job)
    return one.job.id
