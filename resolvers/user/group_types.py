"""The types of groups of customers."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from models import CustomerGroup as GroupRow
from models.enums import Role, Scope
from resolvers.shared.context import Context
from resolvers.shared.errors import IdempotencyConflict, InvalidInput, NotFound, StaleVersion, TryAgain
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.user.types import User
from services.user.change_group import find_groups


@strawberry.type(description="Customers who are sold to by terms of their own.")
class CustomerGroup(Node):
    name: str = strawberry.field(description="What staff call it.")
    version: int = strawberry.field(description="Counts its changes.")

    @classmethod
    def of(cls, row: GroupRow) -> "CustomerGroup":
        return cls(id=encode_id("CustomerGroup", row.id), name=row.name, version=row.version)


@strawberry.type(description="The group is gone, so it is no Node any more, and nobody is in it.")
class DeletedCustomerGroup:
    id: strawberry.ID = strawberry.field(description="The one that it had.")


@strawberry.type(description="The customers as they are now, the oldest account first.")
class ChangedCustomers:
    customers: list[User] = strawberry.field(description="All that were named, each once.")


CreateCustomerGroupResult = Annotated[
    CustomerGroup | NotFound | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("CreateCustomerGroupResult"),
]
ChangeCustomerGroupResult = Annotated[
    CustomerGroup | NotFound | StaleVersion | InvalidInput | TryAgain,
    strawberry.union("ChangeCustomerGroupResult"),
]
DeleteCustomerGroupResult = Annotated[
    DeletedCustomerGroup | NotFound | StaleVersion | InvalidInput | TryAgain,
    strawberry.union("DeleteCustomerGroupResult"),
]
ChangeCustomersResult = Annotated[
    ChangedCustomers | NotFound | InvalidInput | TryAgain, strawberry.union("ChangeCustomersResult")
]


async def _load_groups(context: Context, ids: Sequence[UUID]) -> list[CustomerGroup | None]:
    """Load groups for staff."""
    viewer = context.viewer
    may = viewer is not None and viewer.may(Role.STAFF, Scope.USERS_READ)
    found = await find_groups(context.infra, ids) if may else {}
    return pick_nodes(ids, found, CustomerGroup.of)


register_node("CustomerGroup", _load_groups)
