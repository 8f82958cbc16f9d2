"""Of things that are done together, those that are refused: the rest is done without them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

from services.shared.errors import ServiceError

Q = TypeVar("Q")


class Refused(Exception):
    """What is refused, by id, each with its error. The transaction is void, also for the others."""

    def __init__(self, errors: Mapping[UUID, ServiceError]) -> None:
        super().__init__(f"{len(errors)} refused")
        self.errors = errors


async def do_the_rest(
    asked: Mapping[UUID, Q], work: Callable[[Mapping[UUID, Q]], Awaitable[None]]
) -> dict[UUID, ServiceError]:
    """Run ``work``, again without those that it refuses. Returns the errors of these; ``asked`` is by id."""
    errors: dict[UUID, ServiceError] = {}
    while left := {id_: one for id_, one in asked.items() if id_ not in errors}:
        try:
            await work(left)
        except Refused as refused:
            errors |= refused.errors
        else:
            break
    return errors
