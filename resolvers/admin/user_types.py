"""The types of looking after accounts."""

from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.errors import InvalidInput, LastAdministrator, NotFound
from resolvers.shared.relay import Counted, Edge, count_of
from resolvers.user.types import User


@strawberry.type
class UserEdge(Edge[User]): ...


@strawberry.type
class UserConnection(Counted[UserEdge]):
    total_count = count_of("accounts")


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
