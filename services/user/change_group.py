"""Groups of customers: made, renamed and deleted by staff."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from infra.ids import new_id
from infra.runtime import Infra
from models import CustomerGroup, GroupMember, PriceListGroup, User
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.shared.asked import Asked
from services.shared.errors import InvalidInput, NotFound, StaleVersion
from services.shared.idempotency import Request, do_once
from services.shared.patience import or_try_again, transact_for_request
from services.shared.tags import normal_tag
from services.shared.texts import line_problem

MAX_NAME = 100
MOST_GROUPS = 500
_NO_GROUP = "There is no such group."


async def create_group(infra: Infra, name: str, asked: Asked) -> UUID:
    """Returns the group's id. Errors: InvalidInput, also for a name that another has; IdempotencyConflict,
    TryAgain."""
    clean, group_id = _clean(name), new_id()

    async def work(session: AsyncSession) -> None:
        if (await session.scalar(select(func.count()).select_from(CustomerGroup)) or 0) >= MOST_GROUPS:
            raise InvalidInput.at("name", message=f"there are at most {MOST_GROUPS} groups")
        row = {"id": group_id, "name": clean, "key": normal_tag(clean), "version": 1}
        session.add(CustomerGroup(**row, created_at=infra.now()))
        record(session, "group.created", now=infra.now(), subject=group_id, actor=asked.by)

    try:
        return await do_once(infra, Request.of(asked.by, "createCustomerGroup", asked.key, clean), group_id, work)
    except IntegrityError:
        raise _taken() from None


async def change_group(infra: Infra, group_id: UUID, version: int, name: str, by: UUID) -> CustomerGroup:
    """Rename a group. Errors: NotFound, StaleVersion, InvalidInput, TryAgain."""
    clean = _clean(name)

    async def work(session: AsyncSession) -> CustomerGroup:
        group = await _lock(session, group_id, version)
        group.name, group.key, group.version = clean, normal_tag(clean), group.version + 1
        record(session, "group.changed", now=infra.now(), subject=group_id, actor=by)
        return group

    try:
        with or_try_again():
            return await transact_for_request(infra, work)
    except IntegrityError:
        raise _taken() from None


async def delete_group(infra: Infra, group_id: UUID, version: int, by: UUID) -> None:
    """Delete a group: nobody is in it any more, at once, and no price list is open to it.

    Errors: NotFound, StaleVersion, TryAgain.
    """

    async def work(session: AsyncSession) -> Sequence[UUID]:
        await _lock(session, group_id, version)
        members = list(await session.scalars(select(GroupMember.user_id).where(GroupMember.group_id == group_id)))
        locked = select(User).where(User.id.in_(members)).order_by(User.id).with_for_update()
        for user in await session.scalars(locked):
            user.group_ids = [one for one in user.group_ids or () if one != group_id.hex]
        for part in (GroupMember, PriceListGroup):
            await session.execute(delete(part).where(part.group_id == group_id))
        await session.execute(delete(CustomerGroup).where(CustomerGroup.id == group_id))
        record(session, "group.deleted", now=infra.now(), subject=group_id, actor=by)
        return members

    with or_try_again():
        await revoke_access_tokens(infra, *await transact_for_request(infra, work))


async def find_groups(infra: Infra, ids: Collection[UUID] | None = None) -> dict[UUID, CustomerGroup]:
    """Find groups, or all that there are, by name. Errors: StoreUnavailable."""
    wanted = select(CustomerGroup).order_by(CustomerGroup.name, CustomerGroup.id)
    if ids is not None:
        wanted = wanted.where(CustomerGroup.id.in_(ids))
    async with infra.database.read() as session:
        return {group.id: group for group in await session.scalars(wanted)}


async def _lock(session: AsyncSession, group_id: UUID, version: int) -> CustomerGroup:
    group = await session.get(CustomerGroup, group_id, with_for_update=True, populate_existing=True)
    if group is None:
        raise NotFound(_NO_GROUP)
    if group.version != version:
        raise StaleVersion(group.version)
    return group


def _clean(name: str) -> str:
    clean = name[: 4 * MAX_NAME].strip()
    if problem := line_problem(clean, MAX_NAME, required=True):
        raise InvalidInput.at("name", message=problem)
    return clean


def _taken() -> InvalidInput:
    return InvalidInput.at("name", message="is another group's")
