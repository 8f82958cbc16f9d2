"""The types of looking after accounts."""

from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.connection import PageInfo
from resolvers.shared.context import Info
from resolvers.shared.errors import InvalidInput, LastAdministrator, NotFound
from resolvers.shared.fields import field
from resolvers.user.types import User
from services.user.list_users import UserFilter, count_users


@strawberry.type
class UserEdge:
    cursor: str
    node: User


@strawberry.type
class UserConnection:
    edges: list[UserEdge]
    page_info: PageInfo
    wanted: strawberry.Private[UserFilter]

    @field(description="All accounts that match, on whatever page; counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        return await count_users(info.context.infra, self.wanted)


@strawberry.input
class GrantRoleInput:
    user_id: strawberry.ID
    role: Role


@strawberry.input
class RevokeRoleInput:
    user_id: strawberry.ID
    role: Role


@strawberry.input
class LockAccountInput:
    user_id: strawberry.ID
    reason: str = strawberry.field(description="For the audit log.")


@strawberry.input
class UnlockAccountInput:
    user_id: strawberry.ID


GrantRoleResult = Annotated[User | NotFound | InvalidInput, strawberry.union("GrantRoleResult")]
RevokeRoleResult = Annotated[
    User | NotFound | LastAdministrator | InvalidInput, strawberry.union("RevokeRoleResult")
]
LockAccountResult = Annotated[
    User | NotFound | LastAdministrator | InvalidInput, strawberry.union("LockAccountResult")
]
UnlockAccountResult = Annotated[User | NotFound | InvalidInput, strawberry.union("UnlockAccountResult")]
