"""Who am I?"""

import strawberry

from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.user.types import User
from services.user.find_users import find_users


@strawberry.type
class UserQuery:
    @field(description="The signed-in user, or null.")
    async def me(self, info: Info) -> User | None:
        viewer = info.context.viewer
        if viewer is None:
            return None
        [row] = await find_users(info.context.infra, [viewer.user_id])
        return None if row is None else User.of(row)
