"""What service tokens there are."""

import strawberry

from models.enums import Role
from resolvers.admin.token_types import ServiceToken
from resolvers.shared.context import Info
from resolvers.shared.restricted import restricted
from services.token.list_tokens import list_tokens


@strawberry.type
class TokenQuery:
    @restricted(Role.ADMIN, description="Service tokens, the newest 1,000 first, revoked ones too.")
    async def service_tokens(self, info: Info) -> list[ServiceToken]:
        return [ServiceToken.of(row) for row in await list_tokens(info.context.infra)]
