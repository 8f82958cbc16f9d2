"""Put customers into groups and take them out; tag them. For staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.runtime import Infra
from models import CustomerGroup, CustomerTag, GroupMember, User
from services.audit.record import record
from services.session.revoke_sessions import revoke_access_tokens
from services.shared.errors import InvalidInput, NotFound
from services.shared.patience import or_try_again, transact_for_request
from services.shared.tags import MOST_TAGS, clean_tags

MOST_CUSTOMERS: Final = 100
MOST_OF_ONE: Final = 20
"""Groups that one customer may be in: their access token has them."""


@dataclass(frozen=True, slots=True)
class CustomersChange:
    """What is to be different of each of these; what is in both lists is added."""

    user_ids: Sequence[UUID]
    add_groups: Sequence[UUID] = ()
    remove_groups: Sequence[UUID] = ()
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


async def change_customers(infra: Infra, wish: CustomersChange, by: UUID) -> list[User]:
    """Change all or none; done again, it changes nothing. What they have by now holds at once: access tokens of
    before are refused, and the next refresh gives what they are.

    Errors: InvalidInput, NotFound (a customer, a group), TryAgain.
    """
    if not 1 <= len(set(wish.user_ids)) <= MOST_CUSTOMERS:
        raise InvalidInput.at("customerIds", message=f"must be 1 to {MOST_CUSTOMERS}")
    added, removed = clean_tags(wish.add_tags, "addTags"), clean_tags(wish.remove_tags, "removeTags")
    with or_try_again():
        users, moved = await transact_for_request(
            infra, lambda session: _change(session, infra, wish, set(added), set(removed), by)
        )
    await revoke_access_tokens(infra, *moved)
    return users


async def _change(
    session: AsyncSession, infra: Infra, wish: CustomersChange, added: set[str], removed: set[str], by: UUID
) -> tuple[list[User], list[UUID]]:
    """Returns the customers, and those whose groups are others now."""
    await _require_groups(session, wish.add_groups)
    locked = select(User).where(User.id.in_(wish.user_ids), User.closed_at.is_(None)).order_by(User.id)
    users = list(await session.scalars(locked.with_for_update()))
    if len(users) < len(set(wish.user_ids)):
        raise NotFound("There is no such customer.")
    moved = [user.id for user in users if await _move(session, user, wish)]
    for user in users:
        await _tag(session, user, added, removed)
        record(session, "customer.changed", now=infra.now(), subject=user.id, actor=by)
    return users, moved


async def _require_groups(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """Held until the commit: a group that is deleted meanwhile has no members after it."""
    wanted = select(CustomerGroup.id).where(CustomerGroup.id.in_(ids)).with_for_update(read=True)
    if ids and set(await session.scalars(wanted)) != set(ids):
        raise NotFound("There is no such group.")


async def _move(session: AsyncSession, user: User, wish: CustomersChange) -> bool:
    before = {UUID(one) for one in user.group_ids or ()}
    after = (before - set(wish.remove_groups)) | set(wish.add_groups)
    if before == after:
        return False
    if len(after) > MOST_OF_ONE:
        raise InvalidInput.at("addGroupIds", message=f"a customer is in at most {MOST_OF_ONE} groups")
    gone = GroupMember.user_id == user.id, GroupMember.group_id.in_(before - after)
    await session.execute(delete(GroupMember).where(*gone))
    session.add_all(GroupMember(group_id=one, user_id=user.id) for one in sorted(after - before))
    user.group_ids = sorted(one.hex for one in after)
    return True


async def _tag(session: AsyncSession, user: User, added: set[str], removed: set[str]) -> None:
    before = set(user.tags or ())
    after = (before - removed) | added
    if before == after:
        return
    if len(after) > MOST_TAGS:
        raise InvalidInput.at("addTags", message=f"a customer has at most {MOST_TAGS} tags")
    await session.execute(
        delete(CustomerTag).where(CustomerTag.user_id == user.id, CustomerTag.tag.in_(before - after))
    )
    session.add_all(CustomerTag(tag=tag, user_id=user.id) for tag in sorted(after - before))
    user.tags = sorted(after)
