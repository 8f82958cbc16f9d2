"""Administrators make roles for staff, of parts of what staff may do."""

import strawberry

from models.enums import Role
from resolvers.admin.role_types import (
    AssignCustomRoleInput,
    AssignCustomRoleResult,
    ChangeCustomRoleInput,
    ChangeCustomRoleResult,
    CreateCustomRoleInput,
    CreateCustomRoleResult,
    CustomRole,
    DeleteCustomRoleInput,
    DeleteCustomRoleResult,
    DeletedCustomRole,
)
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.restricted import restricted
from resolvers.user.types import User
from services.user.assign_custom_role import assign_custom_role
from services.user.change_custom_role import RoleChange, change_custom_role
from services.user.create_custom_role import RoleDraft, create_custom_role
from services.user.delete_custom_role import delete_custom_role
from services.user.list_custom_roles import list_custom_roles
from services.user.rows import ByAdmin


@strawberry.type
class CustomRoleQuery:
    @restricted(Role.ADMIN, description="The roles that the shop has made, by name.")
    async def custom_roles(self, info: Info) -> list[CustomRole]:
        return [CustomRole.of(row) for row in await list_custom_roles(info.context.infra)]


@strawberry.type
class CustomRoleMutation:
    @mutation(Role.ADMIN, description="Make a role: a name for some of what staff may do.")
    async def create_custom_role(self, info: Info, input: CreateCustomRoleInput) -> CreateCustomRoleResult:
        draft = RoleDraft(input.name, tuple(input.scopes))
        return CustomRole.of(
            await create_custom_role(
                info.context.infra, draft, actor=signed_in(info).user_id, client=info.context.client
            )
        )

    @mutation(Role.ADMIN, description="Change what a role lets do, at once for all who have it.")
    async def change_custom_role(self, info: Info, input: ChangeCustomRoleInput) -> ChangeCustomRoleResult:
        change = RoleChange(input_id(input.id, "CustomRole", "id"), input.version, input.draft())
        return CustomRole.of(
            await change_custom_role(
                info.context.infra, change, actor=signed_in(info).user_id, client=info.context.client
            )
        )

    @mutation(Role.ADMIN, description="Delete a role: nobody has it any more, at once.")
    async def delete_custom_role(self, info: Info, input: DeleteCustomRoleInput) -> DeleteCustomRoleResult:
        role_id = input_id(input.id, "CustomRole", "id")
        await delete_custom_role(
            info.context.infra, role_id, actor=signed_in(info).user_id, client=info.context.client
        )
        return DeletedCustomRole(id=input.id)

    @mutation(Role.ADMIN, description="Give a role to an account or take it away, at once.")
    async def assign_custom_role(self, info: Info, input: AssignCustomRoleInput) -> AssignCustomRoleResult:
        viewer = signed_in(info)
        change = ByAdmin(input_id(input.user_id, "User", "userId"), viewer.user_id, info.context.client)
        role_id = input_id(input.role_id, "CustomRole", "roleId")
        return User.of(await assign_custom_role(info.context.infra, change, role_id, has=input.has))
