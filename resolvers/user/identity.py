"""The type of an account at another provider."""

from datetime import datetime

import strawberry

from infra.runtime import Infra
from models.user import Identity as IdentityRow
from resolvers.shared.node import encode_id
from services.identity.link_identity import provider_title


@strawberry.type(description="An account at another provider that signs the user in.")
class Identity:
    id: strawberry.ID
    provider: str = strawberry.field(description="A name of signInProviders.")
    title: str = strawberry.field(description="What people call the provider.")
    created_at: datetime = strawberry.field(description="When it was linked.")

    @classmethod
    def of(cls, row: IdentityRow, infra: Infra) -> "Identity":
        return cls(
            id=encode_id("Identity", row.id),
            provider=row.provider,
            title=provider_title(infra, row.provider),
            created_at=row.created_at,
        )
