"""Idempotency keys: what was asked with a key is done once, however often and however much at once it is asked."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from infra.database import RACES, WORKERS_PATIENCE
from infra.plain_rows import plain_rows
from infra.runtime import Infra
from models import IdempotencyKey
from services.shared.errors import IdempotencyConflict, InvalidInput
from services.shared.fingerprint import fingerprint, key_problem
from services.shared.patience import or_try_again, transact_for_request

T = TypeVar("T")
KEPT = timedelta(days=30)
_FORGOTTEN = 1000
_KEY = (IdempotencyKey.owner_id, IdempotencyKey.operation, IdempotencyKey.key)
_EARLIER = select(*_KEY, IdempotencyKey.fingerprint, IdempotencyKey.result_id).where(
    tuple_(*_KEY).in_(bindparam("keys", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what: ``mark`` stands for the input."""

    owner_id: UUID
    operation: str
    key: str
    mark: str

    @classmethod
    def of(cls, owner_id: UUID, operation: str, key: str, *parts: str | int | None) -> "Request":
        """Make the request of an operation and its key; ``parts`` are the input, in order.

        Errors: InvalidInput (the key).
        """
        problem = key_problem(key)
        if problem:
            raise InvalidInput.at("idempotencyKey", message=problem)
        return cls(owner_id, operation, key, fingerprint(operation, *parts))


async def do_once(
    infra: Infra, request: Request, result_id: UUID, work: Callable[[AsyncSession], Awaitable[None]]
) -> UUID:
    """Run ``work`` in one transaction with the key's row; returns ``result_id``, or that of the first time.

    The row goes first: who asks at the same time waits for it, and finds the answer or, if there was none (errors
    are not remembered), does the work. ``work`` may be begun several times, but is committed once.
    Errors: IdempotencyConflict, TryAgain, and what ``work`` raises.
    """
    with or_try_again():
        return await transact_with_keys(infra, lambda session: _attempt(session, infra, request, result_id, work))


async def transact_with_keys(infra: Infra, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run ``work``, which writes keys, in one transaction. A key, or what goes with it, that another process makes
    at the same time is seen by the next look. Errors: as ``transact_for_request``.
    """
    return await transact_for_request(infra, work, races=RACES)


class GroupKeys(Generic[T]):
    """Keys of one operation that come in a group, and what each has come to: none of them is written yet."""

    def __init__(self) -> None:
        self._used: dict[tuple[UUID, str], tuple[Request, T]] = {}

    @property
    def results(self) -> dict[Request, T]:
        return dict(self._used.values())

    def find(self, request: Request) -> T | IdempotencyConflict | None:
        """Returns what the request's key has come to before in the group; None for a new one."""
        used = self._used.get((request.owner_id, request.key))
        if used is None:
            return None
        return used[1] if used[0] == request else IdempotencyConflict()

    def note(self, request: Request, result: T) -> None:
        self._used[request.owner_id, request.key] = (request, result)


async def forget_keys(infra: Infra) -> int:
    """Delete keys of a month ago, up to 1,000 at a time. Returns how many. Errors: StoreUnavailable."""

    async def work(session: AsyncSession) -> int:
        at = IdempotencyKey.created_at
        last = await session.scalar(
            select(at).where(at < infra.now() - KEPT).order_by(at).offset(_FORGOTTEN - 1).limit(1)
        )
        old = delete(IdempotencyKey).where(at < (last or infra.now() - KEPT))
        done = await session.execute(old.execution_options(synchronize_session=False))
        return int(done.rowcount)  # type: ignore[attr-defined]

    return await infra.database.transact(work, timeout=WORKERS_PATIENCE)


async def recall_all(
    session: AsyncSession, requests: Collection[Request]
) -> dict[Request, UUID | IdempotencyConflict]:
    """Returns what those of the requests were answered with that are not new."""
    found = await plain_rows(
        session, _EARLIER, {"keys": [(one.owner_id, one.operation, one.key) for one in requests]}
    )
    earlier = {(row[0], row[1], row[2]): (row[3], row[4]) for row in found}
    answers: dict[Request, UUID | IdempotencyConflict] = {}
    for one in requests:
        if (before := earlier.get((one.owner_id, one.operation, one.key))) is not None:
            answers[one] = before[1] if before[0] == one.mark else IdempotencyConflict()
    return answers


async def remember(session: AsyncSession, made: Mapping[Request, UUID], now: datetime) -> None:
    """Write the keys' rows. Who writes one of them at the same time has an IntegrityError: looked at again, it is
    there."""
    rows = [
        {
            "owner_id": one.owner_id,
            "operation": one.operation,
            "key": one.key,
            "fingerprint": one.mark,
            "result_id": result_id,
            "created_at": now,
        }
        for one, result_id in made.items()
    ]
    if rows:
        await (await session.connection()).execute(insert(IdempotencyKey), rows)


async def recall(session: AsyncSession, request: Request) -> UUID | None:
    """Returns what the request was answered with before; None when it is new. Errors: IdempotencyConflict."""
    earlier = await session.get(IdempotencyKey, (request.owner_id, request.operation, request.key))
    if earlier is None:
        return None
    if earlier.fingerprint != request.mark:
        raise IdempotencyConflict
    return earlier.result_id


async def _attempt(
    session: AsyncSession,
    infra: Infra,
    request: Request,
    result_id: UUID,
    work: Callable[[AsyncSession], Awaitable[None]],
) -> UUID:
    earlier = await recall(session, request)
    if earlier is not None:
        return earlier
    await remember(session, {request: result_id}, infra.now())
    await work(session)
    return result_id
