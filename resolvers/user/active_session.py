"""The type of a session as its user sees it in a list."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.session import RefreshSession
from resolvers.shared.context import Context
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node


@strawberry.type(description="A device that the user is signed in on.")
class ActiveSession(Node):
    device: str = strawberry.field(description="What the client calls itself: its User-Agent.")
    ip: str = strawberry.field(description="Where it was last used from.")
    created_at: datetime = strawberry.field(description="When one signed in.")
    last_used_at: datetime = strawberry.field(description="When it was last refreshed.")
    expires_at: datetime = strawberry.field(description="When it ends however much it is used.")
    current: bool = strawberry.field(description="True for the session of this request.")

    @classmethod
    def of(cls, row: RefreshSession, current: UUID | None) -> "ActiveSession":
        return cls(
            id=encode_id("ActiveSession", row.id),
            device=row.device,
            ip=row.ip,
            created_at=row.created_at,
            last_used_at=row.last_used_at,
            expires_at=row.expires_at,
            current=row.id == current,
        )


async def _load_sessions(context: Context, ids: Sequence[UUID]) -> list[ActiveSession | None]:
    """Load one's own, nobody else's."""
    viewer = context.viewer
    if viewer is None:
        return [None] * len(ids)
    own = {row.id: row for row in await context.loaders.sessions_by_user.load(viewer.user_id)}
    return pick_nodes(ids, own, lambda row: ActiveSession.of(row, viewer.session_id))


register_node("ActiveSession", _load_sessions)
