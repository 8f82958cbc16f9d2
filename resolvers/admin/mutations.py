"""What administrators do to accounts."""

import strawberry

from models.enums import Role
from resolvers.admin.user_types import (
    GrantRoleInput,
    GrantRoleResult,
    LockAccountInput,
    LockAccountResult,
    RevokeRoleInput,
    RevokeRoleResult,
    UnlockAccountInput,
    UnlockAccountResult,
)
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.user.types import User
from services.user.grant_role import grant_role
from services.user.lock_account import lock_account
from services.user.revoke_role import revoke_role
from services.user.rows import ByAdmin
from services.user.unlock_account import unlock_account


@strawberry.type
class AdminMutation:
    @mutation(Role.ADMIN, description="Give an account a role. It holds from the next refresh of its sessions.")
    async def grant_role(self, info: Info, input: GrantRoleInput) -> GrantRoleResult:
        return User.of(await grant_role(info.context.infra, _asked_by_admin(info, input.user_id), input.role))

    @mutation(Role.ADMIN, description="Take a role from an account, at once; never the last ADMIN.")
    async def revoke_role(self, info: Info, input: RevokeRoleInput) -> RevokeRoleResult:
        return User.of(await revoke_role(info.context.infra, _asked_by_admin(info, input.user_id), input.role))

    @mutation(Role.ADMIN, description="Nobody signs in to the account any more, and all its sessions end.")
    async def lock_account(self, info: Info, input: LockAccountInput) -> LockAccountResult:
        return User.of(await lock_account(info.context.infra, _asked_by_admin(info, input.user_id), input.reason))

    @mutation(Role.ADMIN, description="Its owner may sign in again.")
    async def unlock_account(self, info: Info, input: UnlockAccountInput) -> UnlockAccountResult:
        return User.of(await unlock_account(info.context.infra, _asked_by_admin(info, input.user_id)))


def _asked_by_admin(info: Info, user_id: strawberry.ID) -> ByAdmin:
    return ByAdmin(input_id(user_id, "User", "userId"), signed_in(info).user_id, info.context.client)
