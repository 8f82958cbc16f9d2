"""The types of service tokens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import ServiceToken as Row
from models.enums import Role, Scope
from resolvers.shared.context import Context
from resolvers.shared.errors import InvalidInput, NotFound
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from services.token.list_tokens import find_tokens


@strawberry.type(description="A token with which a machine uses the API. It is sent as Authorization: Bearer.")
class ServiceToken(Node):
    name: str = strawberry.field(description="What it is for.")
    scopes: list[Scope] = strawberry.field(description="What it may do.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(description="Until when it is good; null: until it is revoked.")
    last_used_at: datetime | None = strawberry.field(description="To the minute.")
    revoked_at: datetime | None = strawberry.field(description="Since when it is good no more; null: it is good.")

    @classmethod
    def of(cls, row: Row) -> "ServiceToken":
        return cls(
            id=encode_id("ServiceToken", row.id),
            name=row.name,
            scopes=[Scope(name) for name in row.scopes if name in Scope.__members__],
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
            revoked_at=row.revoked_at,
        )


@strawberry.type(description="A service token, and the text that a machine sends.")
class NewServiceToken:
    token: str = strawberry.field(description="Shown this once: only its hash is kept.")
    service_token: ServiceToken = strawberry.field(description="What is known of it from now on.")


@strawberry.input(description="What a machine is to be let do.")
class CreateServiceTokenInput:
    name: str = strawberry.field(description="What it is for.")
    scopes: list[Scope] = strawberry.field(description="What it may do; one at least.")
    expires_in_days: float | None = strawberry.field(default=None, description="It does not expire when left out.")


@strawberry.input(description="A token that is to be good no more.")
class RevokeServiceTokenInput:
    id: strawberry.ID = strawberry.field(description="Of the token.")


CreateServiceTokenResult = Annotated[NewServiceToken | InvalidInput, strawberry.union("CreateServiceTokenResult")]
RevokeServiceTokenResult = Annotated[
    ServiceToken | NotFound | InvalidInput, strawberry.union("RevokeServiceTokenResult")
]


async def _load_tokens(context: Context, ids: Sequence[UUID]) -> list[ServiceToken | None]:
    """For administrators, as the list of them."""
    may = context.viewer is not None and context.viewer.has(Role.ADMIN)
    return pick_nodes(ids, await find_tokens(context.infra, ids) if may else {}, ServiceToken.of)


register_node("ServiceToken", _load_tokens)
