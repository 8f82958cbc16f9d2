"""The types of the user area."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from models.enums import MetadataOwner, OrderStatus, Role, Scope
from models.metadata_document import Meta
from models.user import User as UserRow
from resolvers.audit.types import AuditConnection, owner_connection
from resolvers.metadata.types import HasMetadata
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import EmailTaken, InvalidCredentials, InvalidInput
from resolvers.shared.failures import forbidden
from resolvers.shared.fields import field
from resolvers.shared.node import Node, encode_id, register_node
from resolvers.shared.permissions import check, check_edge, signed_in
from resolvers.shared.relay import Page, paged
from resolvers.shared.words import PASSWORD
from resolvers.user.active_session import ActiveSession
from resolvers.user.address_types import Address
from resolvers.user.identity import Identity
from services.user.find_users import find_users

if TYPE_CHECKING:
    from resolvers.order.connection import OrderConnection


@strawberry.type(
    description="An account of a customer, of staff or of an administrator; or a guest, who has none."
)
class User(Node, HasMetadata):
    email: str = strawberry.field(description="What one signs in with, and where mails go.")
    display_name: str = strawberry.field(description="What the shop calls them.")
    roles: list[Role] = strawberry.field(
        description="What they may do; ADMIN includes STAFF, STAFF includes CUSTOMER; a GUEST has no account."
    )
    scopes: list[Scope] = strawberry.field(description="What they may do besides, by roles of the shop's own.")
    created_at: datetime = strawberry.field(description="When they registered.")
    locale: str = strawberry.field(description="A BCP 47 language tag: the language of mails, if we have it.")
    email_verified: bool = strawberry.field(description="True once the mail to confirm the address was answered.")
    locked_at: datetime | None = strawberry.field(description="Since when nobody can sign in to the account.")
    user_id: strawberry.Private[UUID]
    row: strawberry.Private[UserRow]
    # Of a new session: who asks has shown just now who they are.
    is_signing_in: strawberry.Private[bool] = False

    @field(description="The ids of the groups that they are in: for staff, and machines that read users.")
    def group_ids(self, info: Info) -> list[strawberry.ID]:
        check(info, [Role.STAFF], Scope.USERS_READ)
        return [encode_id("CustomerGroup", UUID(one)) for one in self.row.group_ids or ()]

    @field(description="What staff find them by: for staff, and machines that read users.")
    def tags(self, info: Info) -> list[str]:
        check(info, [Role.STAFF], Scope.USERS_READ)
        return list(self.row.tags or ())

    @field(description="The oldest first; only one's own.")
    async def addresses(self, info: Info) -> list[Address]:
        if signed_in(info).user_id != self.user_id:
            raise forbidden()
        return [Address.of(entry) for entry in await info.context.loaders.addresses_by_user.load(self.user_id)]

    @field(description="Newest first; others' for staff, and machines that may read orders.")
    @paged
    async def orders(
        self,
        info: Info,
        page: Page,
        status: Annotated[
            list[OrderStatus] | None, strawberry.argument(description="In one of these states; all when left out.")
        ] = None,
    ) -> Annotated["OrderConnection", strawberry.lazy("resolvers.order.connection")]:
        from resolvers.order.connection import user_orders  # whose orders know this module

        if not self.is_signing_in:
            check_edge(info, self.user_id, Role.STAFF, Scope.ORDERS_READ)
        return await user_orders(info, self.user_id, page, status)

    @field(description="Where one is signed in, the last used first; only one's own.")
    async def sessions(self, info: Info) -> list[ActiveSession]:
        viewer = signed_in(info)
        if viewer.user_id != self.user_id:
            raise forbidden()
        rows = await info.context.loaders.sessions_by_user.load(self.user_id)
        return [ActiveSession.of(row, viewer.session_id) for row in rows]

    @field(
        description="The accounts at other providers that one can sign in by, the oldest first; only one's own."
    )
    async def identities(self, info: Info) -> list[Identity]:
        if signed_in(info).user_id != self.user_id:
            raise forbidden()
        rows = await info.context.loaders.identities_by_user.load(self.user_id)
        return [Identity.of(row, info.context.infra) for row in rows]

    @field(
        description="What concerns the security of one's account, the newest first; only one's own. "
        "Of what others did, neither who nor why."
    )
    @paged
    async def security_events(
        self,
        info: Info,
        page: Page,
    ) -> AuditConnection:
        if signed_in(info).user_id != self.user_id:
            raise forbidden()
        return await owner_connection(info, self.user_id, page)

    def meta_of(self) -> tuple[MetadataOwner, Meta]:
        return MetadataOwner.CUSTOMER, self.row.meta or {}

    @classmethod
    def of(cls, row: UserRow, *, is_signing_in: bool = False) -> "User":
        return cls(
            id=encode_id("User", row.id),
            email=row.mailbox,
            display_name=row.display_name,
            roles=[Role(role) for role in row.roles],
            scopes=[Scope(name) for name in row.scopes or () if name in Scope.__members__],
            created_at=row.created_at,
            locale=row.locale,
            email_verified=row.email_verified_at is not None,
            locked_at=row.locked_at,
            user_id=row.id,
            row=row,
            is_signing_in=is_signing_in,
        )


@strawberry.type(
    description="What a client keeps to stay signed in; both tokens are empty when they are in cookies instead."
)
class Session:
    access_token: str = strawberry.field(description="A signed JWT, short-lived; sent as Authorization: Bearer.")
    access_token_expires_at: datetime = strawberry.field(description="When to refresh at the latest.")
    refresh_token: str = strawberry.field(
        description="Opaque, single-use: each refresh returns a new one and retires this one."
    )
    user: User = strawberry.field(description="Who is signed in.")


@strawberry.input(description="A new account.")
class RegisterInput:
    email: str = strawberry.field(description="What to sign in with.")
    password: str = strawberry.field(description=PASSWORD)
    display_name: str = strawberry.field(description="What the shop calls them.")
    locale: str | None = strawberry.field(
        default=None, description="A BCP 47 language tag such as en or zh-Hans, for mails; en if left out."
    )


@strawberry.input(description="What one signs in with.")
class LoginInput:
    email: str = strawberry.field(description="The account's, in capitals or not.")
    password: str = strawberry.field(description="The account's.")


RegisterResult = Annotated[Session | EmailTaken | InvalidInput, strawberry.union("RegisterResult")]
LoginResult = Annotated[Session | InvalidCredentials, strawberry.union("LoginResult")]


async def _load_users(context: Context, ids: Sequence[UUID]) -> list[User | None]:
    """Load oneself; as with ``user(id:)``, administrators and machines that may read users see everyone."""
    viewer = context.viewer
    if viewer is None:
        return [None] * len(ids)
    sees_all = viewer.may(Role.ADMIN, Scope.USERS_READ)
    rows = await find_users(context.infra, [id_ for id_ in ids if sees_all or id_ == viewer.user_id])
    found = {row.id: User.of(row) for row in rows if row is not None and row.closed_at is None}
    return [found.get(id_) for id_ in ids]


register_node("User", _load_users)
