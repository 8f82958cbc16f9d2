"""Who asks, for the verbs of services that do a thing once."""

from resolvers.shared.context import Info
from resolvers.shared.permissions import signed_in
from services.shared.asked import Asked


def asked_by(info: Info, key: str) -> Asked:
    """Say who asks; ``key`` is the idempotency key of the mutation."""
    viewer = signed_in(info)
    return Asked(viewer.user_id, key, viewer.actor)
