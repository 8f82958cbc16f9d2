"""Who may use a field, declared on the field and visible to clients as ``@requires``."""

from collections.abc import Iterable

import strawberry
from strawberry.schema_directive import Location

from models.enums import Role
from resolvers.shared.context import Info
from resolvers.shared.failures import forbidden, unauthenticated
from services.user.viewer import Viewer

# Mutations that need nobody signed in; every other one names its roles.
PUBLIC_MUTATIONS = frozenset(
    {"register", "login", "refresh_session", "logout", "verify_email", "request_password_reset", "reset_password"}
    | {"exchange_sign_in_code", "request_identity_link_mail", "confirm_identity_link"}
)
# Subscriptions that need nobody signed in.
PUBLIC_SUBSCRIPTIONS = frozenset({"flash_sale_remaining"})


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Needs a signed-in user with one of these roles; ADMIN includes STAFF, STAFF includes CUSTOMER.",
)
class Requires:
    roles: list[Role]


def signed_in(info: Info) -> Viewer:
    """The viewer. Errors: UNAUTHENTICATED."""
    viewer = info.context.viewer
    if viewer is None:
        raise unauthenticated()
    return viewer


def check(info: Info, roles: Iterable[Role]) -> Viewer:
    """The viewer, who has one of the roles. Errors: UNAUTHENTICATED, FORBIDDEN."""
    viewer = signed_in(info)
    if not any(viewer.has(role) for role in roles):
        raise forbidden()
    return viewer
