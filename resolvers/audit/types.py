"""The types of the audit log."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum
from uuid import UUID

import strawberry

from models import AuditEntry as Row
from models.enums import Role
from resolvers.shared.context import Context, Info
from resolvers.shared.enum_words import describe_enum
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.relay import Counted, Edge, Page, count_of
from services.audit.list_entries import AuditFilter, count_entries, find_entries, list_entries
from services.audit.owner_view import OwnerView, owner_view

_SORT = "auditLog"


class AuditOutcome(Enum):
    OK = "OK"
    REFUSED = "REFUSED"


describe_enum(
    AuditOutcome,
    "Whether what was asked for was done.",
    {"OK": "It was.", "REFUSED": "It was not: whoever asked may not, or could not show who they are."},
)


@strawberry.type(description="One fact of a security event.")
class AuditDetail:
    name: str = strawberry.field(description="What is told, such as role.")
    value: str = strawberry.field(description="As text.")


@strawberry.type(description="One security event. Entries are only ever added.")
class AuditEntry(Node):
    at: datetime = strawberry.field(description="When it happened.")
    action: str = strawberry.field(description="What happened, as thing.what_happened, e.g. role.granted.")
    outcome: AuditOutcome = strawberry.field(description="Whether it was done.")
    actor: str | None = strawberry.field(description="Who did it: a user's id, or a name such as command line.")
    subject: str | None = strawberry.field(description="Whom it is about; null when that is not known.")
    ip: str | None = strawberry.field(
        description="Where the request came from; null: from no network, or not shown."
    )
    device: str | None = strawberry.field(description="What the client calls itself.")
    details: list[AuditDetail] = strawberry.field(description="What else is known, by name.")

    @classmethod
    def of(cls, row: Row | OwnerView) -> "AuditEntry":
        return cls(
            id=encode_id("AuditEntry", row.id),
            at=row.at,
            action=row.action,
            outcome=AuditOutcome(row.outcome),
            actor=_shown(row.actor),
            subject=_shown(row.subject),
            ip=row.ip,
            device=row.device,
            details=[AuditDetail(name=name, value=value) for name, value in sorted(row.details.items())],
        )


@strawberry.type
class AuditEdge(Edge[AuditEntry]): ...


@strawberry.type
class AuditConnection(Counted[AuditEdge]):
    total_count = count_of("entries")


async def audit_connection(info: Info, wanted: AuditFilter, page: Page) -> AuditConnection:
    """Errors: BAD_USER_INPUT naming the argument at fault."""
    return await _connection(info, wanted, page, AuditEntry.of)


async def owner_connection(info: Info, owner: UUID, page: Page) -> AuditConnection:
    """List what concerns an account, as its owner sees it. Errors: BAD_USER_INPUT naming the argument at fault."""
    wanted = AuditFilter(subject=owner.hex)
    return await _connection(info, wanted, page, lambda row: AuditEntry.of(owner_view(row)))


async def _connection(
    info: Info, wanted: AuditFilter, page: Page, show: Callable[[Row], AuditEntry]
) -> AuditConnection:
    infra = info.context.infra
    cut = await list_entries(infra, wanted, page.by_id(_SORT))
    return AuditConnection.of(AuditEdge, cut, _SORT, show, lambda: count_entries(infra, wanted))


def _shown(who: str | None) -> str | None:
    """Returns the global id, where it is a user's."""
    try:
        return None if who is None else encode_id("User", UUID(hex=who))
    except ValueError:
        return who


async def _load_entries(context: Context, ids: Sequence[UUID]) -> list[AuditEntry | None]:
    """Load all for administrators, for others what concerns their own account, as its owner sees it."""
    viewer = context.viewer
    if viewer is None:
        return [None] * len(ids)
    found = {row.id: row for row in await find_entries(context.infra, ids) if row is not None}
    if viewer.has(Role.ADMIN):
        return pick_nodes(ids, found, AuditEntry.of)
    own = {id_: row for id_, row in found.items() if row.subject == viewer.user_id.hex}
    return pick_nodes(ids, {} if viewer.is_machine else own, lambda row: AuditEntry.of(owner_view(row)))


register_node("AuditEntry", _load_entries)
