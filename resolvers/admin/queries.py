"""What administrators look at: accounts, and the audit log."""

from datetime import datetime
from typing import Annotated

import strawberry

from models.enums import MetadataOwner, Role, Scope
from resolvers.admin.user_types import UserConnection, UserEdge
from resolvers.audit.types import AuditConnection, AuditOutcome, audit_connection
from resolvers.metadata.types import MetadataFilter
from resolvers.shared.context import Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.node import MalformedId, argument_id, decode_id
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from resolvers.user.types import User
from services.audit.list_entries import MAX_TEXT, AuditFilter
from services.metadata.views import find_wanted
from services.user.find_users import find_users
from services.user.list_users import UserFilter, count_users, list_users
from services.user.search_customers import CustomerFilter, count_customers, search_customers

_SORT = "users"
_CUSTOMERS = "customers"


@strawberry.type
class AdminQuery:
    @restricted(Role.ADMIN, scope=Scope.USERS_READ, description="Accounts that are not closed, the newest first.")
    @paged
    async def users(
        self,
        info: Info,
        page: Page,
        search: Annotated[
            str | None,
            strawberry.argument(description="How the e-mail address or the name begins, in capitals or not."),
        ] = None,
        role: Annotated[Role | None, strawberry.argument(description="Who has this role only.")] = None,
        locked: Annotated[
            bool | None, strawberry.argument(description="Whether the account is locked; both when left out.")
        ] = None,
    ) -> UserConnection:
        infra, wanted = info.context.infra, UserFilter(search, role, locked)
        cut = await list_users(infra, wanted, page.by_id(_SORT))
        return UserConnection.of(UserEdge, cut, _SORT, User.of, lambda: count_users(infra, wanted))

    @restricted(
        Role.STAFF, scope=Scope.USERS_READ, description="Whose order it is, who calls: accounts, the newest first."
    )
    @paged
    async def customers(
        self,
        info: Info,
        page: Page,
        search: Annotated[
            str | None,
            strawberry.argument(
                description="An order's number, a phone number that begins with +,"
                " or how words of the name or the e-mail address begin, all of them. All accounts when left out."
            ),
        ] = None,
        group_id: Annotated[strawberry.ID | None, strawberry.argument(description="In this group only.")] = None,
        tag: Annotated[str | None, strawberry.argument(description="With this tag only.")] = None,
        metadata: Annotated[
            list[MetadataFilter] | None, strawberry.argument(description="With each of these values, 5 at most.")
        ] = None,
    ) -> UserConnection:
        group = None if group_id is None else argument_id(group_id, "CustomerGroup", "groupId")
        infra, asked = info.context.infra, [one.to_service() for one in metadata or ()]
        found = await find_wanted(infra, asked, MetadataOwner.CUSTOMER, with_private=True)
        wanted = CustomerFilter(search or "", group, tag, found)
        cut = await search_customers(infra, wanted, page.by_id(_CUSTOMERS))
        return UserConnection.of(UserEdge, cut, _CUSTOMERS, User.of, lambda: count_customers(infra, wanted))

    @restricted(Role.ADMIN, scope=Scope.USERS_READ, description="An account by its id; null when there is none.")
    async def user(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Of the account.")]
    ) -> User | None:
        [row] = await find_users(info.context.infra, [argument_id(id, "User", "id")])
        return None if row is None or row.closed_at is not None else User.of(row)

    @restricted(
        Role.ADMIN, description="Security events, the newest first. actor, subject: a user's id or a name."
    )
    @paged
    async def audit_log(
        self,
        info: Info,
        page: Page,
        action: Annotated[
            str | None, strawberry.argument(description="Exactly this, such as role.granted.")
        ] = None,
        outcome: Annotated[
            AuditOutcome | None,
            strawberry.argument(description="What was done, or what was refused; both when left out."),
        ] = None,
        actor: Annotated[
            str | None, strawberry.argument(description="Who did it: a user's id, or a name such as command line.")
        ] = None,
        subject: Annotated[str | None, strawberry.argument(description="Whom it is about: a user's id.")] = None,
        since: Annotated[datetime | None, strawberry.argument(description="From this moment on.")] = None,
        until: Annotated[datetime | None, strawberry.argument(description="Before this moment.")] = None,
    ) -> AuditConnection:
        wanted = AuditFilter(
            _text("action", action),
            None if outcome is None else outcome.value,
            _who("actor", actor),
            _who("subject", subject),
            since,
            until,
        )
        return await audit_connection(info, wanted, page)


def _text(argument: str, value: str | None) -> str | None:
    if value is not None and (len(value) > MAX_TEXT or not value.isprintable()):
        raise bad_argument(argument, f"must be at most {MAX_TEXT} printable characters")
    return value


def _who(argument: str, value: str | None) -> str | None:
    """An id of a user as it is recorded; a name stays as it is."""
    if value is None:
        return None
    try:
        return decode_id(value, "User").hex
    except MalformedId:
        return _text(argument, value)
