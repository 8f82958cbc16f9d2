"""Make and revoke service tokens."""

import math
from datetime import timedelta

import strawberry

from models.enums import Role
from resolvers.admin.token_types import (
    CreateServiceTokenInput,
    CreateServiceTokenResult,
    NewServiceToken,
    RevokeServiceTokenInput,
    RevokeServiceTokenResult,
    ServiceToken,
)
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.token.create_token import MAX_DAYS, NewToken, create_token
from services.token.revoke_token import revoke_token


@strawberry.type
class TokenMutation:
    @mutation(Role.ADMIN, description="Make a service token. It is shown once.")
    async def create_service_token(self, info: Info, input: CreateServiceTokenInput) -> CreateServiceTokenResult:
        context = info.context
        wish = NewToken(input.name, tuple(input.scopes), _lifetime(input.expires_in_days))
        made = await create_token(context.infra, wish, actor=signed_in(info).user_id, client=context.client)
        return NewServiceToken(token=made.token, service_token=ServiceToken.of(made.row))

    @mutation(Role.ADMIN, description="Every server refuses the token within a second.")
    async def revoke_service_token(self, info: Info, input: RevokeServiceTokenInput) -> RevokeServiceTokenResult:
        context = info.context
        token_id = input_id(input.id, "ServiceToken", "id")
        row = await revoke_token(context.infra, token_id, actor=signed_in(info).user_id, client=context.client)
        return ServiceToken.of(row)


def _lifetime(days: float | None) -> timedelta | None:
    """What no timedelta can hold is beyond the most as well."""
    if days is None:
        return None
    return timedelta(days=min(max(days, -1.0), MAX_DAYS + 1.0)) if math.isfinite(days) else timedelta(0)
