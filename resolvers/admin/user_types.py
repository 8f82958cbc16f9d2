"""The types of looking after accounts."""

from typing import Annotated

import strawberry

from models.enums import Role
from resolvers.shared.errors import InvalidInput, LastAdministrator, NotFound
from resolvers.shared.relay import Counted, Edge, count_of
from resolvers.shared.words import USER_ID
from resolvers.user.types import User


@strawberry.type
class UserEdge(Edge[User]): ...


@strawberry.type
class UserConnection(Counted[UserEdge]):
    total_count = count_of("accounts")


@strawberry.input(description="A role for an account.")
class GrantRoleInput:
    user_id: strawberry.ID = strawberry.field(description=USER_ID)
    role: Role = strawberry.field(description="STAFF or ADMIN.")


@strawberry.input(description="A role that an account is to lose.")
class RevokeRoleInput:
    user_id: strawberry.ID = strawberry.field(description=USER_ID)
    role: Role = strawberry.field(description="STAFF or ADMIN.")


@strawberry.input(description="An account that nobody is to sign in to.")
class LockAccountInput:
    user_id: strawberry.ID = strawberry.field(description=USER_ID)
    reason: str = strawberry.field(description="For the audit log.")


@strawberry.input(description="An account that can be signed in to again.")
class UnlockAccountInput:
    user_id: strawberry.ID = strawberry.field(description=USER_ID)


GrantRoleResult = Annotated[User | NotFound | InvalidInput, strawberry.union("GrantRoleResult")]
RevokeRoleResult = Annotated[
    User | NotFound | LastAdministrator | InvalidInput, strawberry.union("RevokeRoleResult")
]
LockAccountResult = Annotated[
    User | NotFound | LastAdministrator | InvalidInput, strawberry.union("LockAccountResult")
]
UnlockAccountResult = Annotated[User | NotFound | InvalidInput, strawberry.union("UnlockAccountResult")]
