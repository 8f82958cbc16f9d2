"""The types of the roles that a shop makes for its staff."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import Role, Scope
from models.user import CustomRole as Row
from models.user import User as UserRow
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import InvalidInput, NotFound, StaleVersion
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.words import USER_ID, VERSION_NOW
from resolvers.user.types import User
from services.user.create_custom_role import MAX_NAME, RoleDraft
from services.user.list_custom_roles import custom_roles_by_id

_NAME = f"1 to {MAX_NAME} characters, no other role's."
_ROLE_ID = "The role that it is about."


@strawberry.type(description="A role that the shop has made: a name for some of what staff may do.")
class CustomRole(Node):
    name: str = strawberry.field(description="Such as Warehouse.")
    scopes: list[Scope] = strawberry.field(description="What it lets do.")
    version: int = strawberry.field(description=VERSION_NOW)
    role_id: strawberry.Private[UUID]

    @field(description="Who has it, the oldest account first.")
    @loaded(lambda loaders: loaders.holders_by_role, lambda self: self.role_id)
    def holders(self, info: Info, rows: Sequence[UserRow]) -> list[User]:
        return [User.of(row) for row in rows]

    @classmethod
    def of(cls, row: Row) -> "CustomRole":
        return cls(
            id=encode_id("CustomRole", row.id),
            name=row.name,
            scopes=[Scope(name) for name in row.scopes if name in Scope.__members__],
            version=row.version,
            role_id=row.id,
        )


@strawberry.input(description="A new role.")
class CreateCustomRoleInput:
    name: str = strawberry.field(description=_NAME)
    scopes: list[Scope] = strawberry.field(description="What it lets do; one at least.")


@strawberry.input(description="What a role is to be from now on.")
class ChangeCustomRoleInput:
    id: strawberry.ID = strawberry.field(description=_ROLE_ID)
    version: int = strawberry.field(description="As it was read.")
    name: str = strawberry.field(description=_NAME)
    scopes: list[Scope] = strawberry.field(description="What it lets do; one at least.")

    def draft(self) -> RoleDraft:
        return RoleDraft(self.name, tuple(self.scopes))


@strawberry.input(description="A role that nobody is to have any more.")
class DeleteCustomRoleInput:
    id: strawberry.ID = strawberry.field(description=_ROLE_ID)


@strawberry.type(description="A role that is gone: no Node any more.")
class DeletedCustomRole:
    id: strawberry.ID = strawberry.field(description="Of the role that was.")


@strawberry.input(description="Who is to have a role, or no more.")
class AssignCustomRoleInput:
    role_id: strawberry.ID = strawberry.field(description=_ROLE_ID)
    user_id: strawberry.ID = strawberry.field(description=USER_ID)
    has: bool = strawberry.field(default=True, description="False: it is taken away.")


CreateCustomRoleResult = Annotated[CustomRole | InvalidInput, strawberry.union("CreateCustomRoleResult")]
ChangeCustomRoleResult = Annotated[
    CustomRole | NotFound | StaleVersion | InvalidInput, strawberry.union("ChangeCustomRoleResult")
]
DeleteCustomRoleResult = Annotated[
    DeletedCustomRole | NotFound | InvalidInput, strawberry.union("DeleteCustomRoleResult")
]
AssignCustomRoleResult = Annotated[User | NotFound | InvalidInput, strawberry.union("AssignCustomRoleResult")]


async def _load_roles(context: Context, ids: Sequence[UUID]) -> list[CustomRole | None]:
    """For administrators, as the list of them."""
    may = context.viewer is not None and context.viewer.has(Role.ADMIN)
    return pick_nodes(ids, await custom_roles_by_id(context.infra, ids) if may else {}, CustomRole.of)


register_node("CustomRole", _load_roles)
