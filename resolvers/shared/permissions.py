"""Who may use a field, declared on the field and visible to clients as ``@requires``."""

from collections.abc import Iterable
from uuid import UUID

import strawberry
from strawberry.schema_directive import Location

from infra.refusals import Refusal
from models.enums import Role, Scope
from resolvers.shared.context import Info
from resolvers.shared.failures import forbidden, unauthenticated
from services.shared.viewer import Viewer

# Mutations that need nobody signed in; every other one names its roles.
PUBLIC_MUTATIONS = frozenset(
    {"register", "login", "refresh_session", "logout", "verify_email", "request_password_reset", "reset_password"}
    | {"exchange_sign_in_code", "request_identity_link_mail", "confirm_identity_link"}
    | {"start_guest_session", "pay_order_by_link"}
    | {"add_cart_item", "update_cart_item", "remove_cart_item", "clear_cart", "select_cart_items"}
)
# Subscriptions that need nobody signed in.
PUBLIC_SUBSCRIPTIONS = frozenset({"flash_sale_remaining"})


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Needs a signed-in user with one of these roles; ADMIN includes STAFF, STAFF includes CUSTOMER, "
    "CUSTOMER includes GUEST. Or a custom role or service token with one of these scopes.",
)
class Requires:
    roles: list[Role]
    scopes: list[Scope]


def signed_in(info: Info) -> Viewer:
    """Returns the viewer, who is signed in. Errors: UNAUTHENTICATED."""
    viewer = info.context.viewer
    if viewer is None:
        raise unauthenticated()
    return viewer


AnyOf = Scope | tuple[Scope, ...] | None
"""The scope that does as well as a role, or those of which each does."""


def scopes_of(scope: AnyOf) -> tuple[Scope, ...]:
    if scope is None:
        return ()
    return scope if isinstance(scope, tuple) else (scope,)


def requires(roles: Iterable[Role], scope: AnyOf = None) -> Requires:
    return Requires(roles=list(roles), scopes=list(scopes_of(scope)))


def check(info: Info, roles: Iterable[Role], scope: AnyOf = None) -> Viewer:
    """Returns the viewer, who has one of the roles, or the scope, or one of several.

    Errors: UNAUTHENTICATED, FORBIDDEN.
    """
    viewer, scopes = signed_in(info), scopes_of(scope)
    for role in roles:
        if viewer.has(role) or any(viewer.may(role, one) for one in scopes):
            return viewer
    _note_refusal(info, viewer)
    raise forbidden()


def check_edge(info: Info, owner: UUID, role: Role, scope: Scope) -> None:
    """Check that what a field leads to is the viewer's own, or that the viewer may see everybody's: whoever may
    see where the field starts may not therefore see where it ends. Errors: UNAUTHENTICATED, FORBIDDEN."""
    if signed_in(info).user_id != owner:
        check(info, [role], scope)


def _note_refusal(info: Info, viewer: Viewer) -> None:
    """For the audit log."""
    raw, context = info._raw_info, info.context
    field = f"{raw.parent_type.name}.{raw.field_name}"
    refusal = Refusal("field.refused", viewer.user_id.hex, field, context.client.ip, context.client.device)
    context.infra.refusals.note(refusal, context.infra.now().timestamp())
