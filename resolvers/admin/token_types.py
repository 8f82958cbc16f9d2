"""The types of service tokens."""

from datetime import datetime
from typing import Annotated

import strawberry

from models import ServiceToken as Row
from models.enums import Scope
from resolvers.shared.errors import InvalidInput, NotFound
from resolvers.shared.node import encode_id


@strawberry.type(description="A token with which a machine uses the API. It is sent as Authorization: Bearer.")
class ServiceToken:
    id: strawberry.ID
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = strawberry.field(description="To the minute.")
    revoked_at: datetime | None

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


@strawberry.type
class NewServiceToken:
    token: str = strawberry.field(description="Shown this once: only its hash is kept.")
    service_token: ServiceToken


@strawberry.input
class CreateServiceTokenInput:
    name: str
    scopes: list[Scope]
    expires_in_days: float | None = strawberry.field(default=None, description="It does not expire when left out.")


@strawberry.input
class RevokeServiceTokenInput:
    id: strawberry.ID


CreateServiceTokenResult = Annotated[NewServiceToken | InvalidInput, strawberry.union("CreateServiceTokenResult")]
RevokeServiceTokenResult = Annotated[
    ServiceToken | NotFound | InvalidInput, strawberry.union("RevokeServiceTokenResult")
]
