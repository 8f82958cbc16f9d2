"""The type of an account at another provider."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from infra.runtime import Infra
from models.user import Identity as IdentityRow
from resolvers.shared.context import Context
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from services.identity.link_identity import provider_title


@strawberry.type(description="An account at another provider that signs the user in.")
class Identity(Node):
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


async def _load_identities(context: Context, ids: Sequence[UUID]) -> list[Identity | None]:
    """Load one's own, nobody else's."""
    if context.viewer is None:
        return [None] * len(ids)
    own = {row.id: row for row in await context.loaders.identities_by_user.load(context.viewer.user_id)}
    return pick_nodes(ids, own, lambda row: Identity.of(row, context.infra))


register_node("Identity", _load_identities)
