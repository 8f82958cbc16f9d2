"""How long a request's change may take, and what it is told when a store does not answer in that time."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from infra.errors import StoreUnavailable
from infra.group_commit import Serve
from infra.runtime import Infra
from services.shared.errors import TryAgain

T = TypeVar("T")
Q = TypeVar("Q")
A = TypeVar("A")

_TIMES: Final = 2


def requests_patience(infra: Infra, times: int = _TIMES) -> float:
    """Returns seconds: a change may wait for others' locks, and so for several times a store's time-out."""
    return times * infra.settings.store_timeout


async def transact_for_request(
    infra: Infra, work: Callable[[AsyncSession], Awaitable[T]], *, times: int = _TIMES, races: int = 1
) -> T:
    """Run a request's ``work`` in one transaction; ``races`` as ``Database.transact`` has them.

    Errors: StoreUnavailable, and it may have been committed all the same; IntegrityError; what ``work`` raises.
    """
    return await infra.database.transact(work, timeout=requests_patience(infra, times), races=races)


async def ask_together(infra: Infra, kind: str, serve: Serve[Q, A], request: Q) -> A:
    """Have a request served with those of its kind that come at the same time (infra/group_commit.py).

    ``serve`` has a limit of its own, as ``transact_for_request`` has: the line before it is not counted. Errors:
    StoreUnavailable, and it may have been committed all the same; its own.
    """
    return await infra.groups.of(kind, serve).ask(request)


class or_try_again:
    """Errors: TryAgain, where the block finds a store unavailable. Asked again it must not do things twice."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, StoreUnavailable):
            raise try_again(error) from error


def try_again(error: StoreUnavailable) -> TryAgain:
    """Make what a request is told when a store is away, or has too many before it."""
    return TryAgain(round(error.retry_after * 1000))
