"""Groups and tags of customers. For staff."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import strawberry

from models.enums import Role, Scope
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.restricted import restricted
from resolvers.shared.words import IDEMPOTENCY_KEY
from resolvers.user.group_types import (
    ChangeCustomerGroupResult,
    ChangeCustomersResult,
    ChangedCustomers,
    CreateCustomerGroupResult,
    CustomerGroup,
    DeleteCustomerGroupResult,
    DeletedCustomerGroup,
)
from resolvers.user.types import User
from services.shared.errors import InvalidInput, NotFound
from services.user.change_customers import MOST_CUSTOMERS, CustomersChange, change_customers
from services.user.change_group import change_group, create_group, delete_group, find_groups

_VERSION: Final = "As it was read: refused when there was another change."
_MOST_IDS: Final = 100


@strawberry.input(description="A new group.")
class CreateCustomerGroupInput:
    name: str = strawberry.field(description="1 to 100 characters, of no other group in capitals or not.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Another name for a group.")
class ChangeCustomerGroupInput:
    id: strawberry.ID = strawberry.field(description="Of the group.")
    version: int = strawberry.field(description=_VERSION)
    name: str = strawberry.field(description="1 to 100 characters.")


@strawberry.input(description="A group that is not to be any more.")
class DeleteCustomerGroupInput:
    id: strawberry.ID = strawberry.field(description="Of the group.")
    version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="What is to be different of each of these; what is both added and removed is added.")
class ChangeCustomersInput:
    customer_ids: list[strawberry.ID] = strawberry.field(description=f"1 to {MOST_CUSTOMERS}.")
    add_group_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Groups to be in; a customer is in 20 at most."
    )
    remove_group_ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Groups to be in no more."
    )
    add_tags: list[str] = strawberry.field(
        default_factory=list, description="Of 1 to 40 characters, kept in small letters; 20 at most."
    )
    remove_tags: list[str] = strawberry.field(default_factory=list, description="Taken off.")


@strawberry.type
class GroupQuery:
    @restricted(Role.STAFF, scope=Scope.USERS_READ, description="All groups of customers, by name.")
    async def customer_groups(self, info: Info) -> list[CustomerGroup]:
        return list(map(CustomerGroup.of, (await find_groups(info.context.infra)).values()))


@strawberry.type
class GroupMutation:
    @mutation(Role.STAFF, description="Make a group of customers; nobody is in it yet.")
    async def create_customer_group(
        self, info: Info, input: CreateCustomerGroupInput
    ) -> CreateCustomerGroupResult:
        infra = info.context.infra
        group_id = await create_group(infra, input.name, asked_by(info, input.idempotency_key))
        found = (await find_groups(infra, [group_id])).get(group_id)
        if found is None:
            raise NotFound("The group that this key made was deleted.")
        return CustomerGroup.of(found)

    @mutation(Role.STAFF, description="Rename a group of customers.")
    async def change_customer_group(
        self, info: Info, input: ChangeCustomerGroupInput
    ) -> ChangeCustomerGroupResult:
        group_id, by = input_id(input.id, "CustomerGroup", "id"), signed_in(info).user_id
        return CustomerGroup.of(await change_group(info.context.infra, group_id, input.version, input.name, by))

    @mutation(Role.STAFF, description="Delete a group: nobody is sold to by its terms any more, at once.")
    async def delete_customer_group(
        self, info: Info, input: DeleteCustomerGroupInput
    ) -> DeleteCustomerGroupResult:
        group_id, by = input_id(input.id, "CustomerGroup", "id"), signed_in(info).user_id
        await delete_group(info.context.infra, group_id, input.version, by)
        return DeletedCustomerGroup(id=input.id)

    @mutation(
        Role.STAFF,
        description="Put customers into groups, take them out, and tag them: all or none, and at once. Those "
        "whose groups are others need refreshSession.",
    )
    async def change_customers(self, info: Info, input: ChangeCustomersInput) -> ChangeCustomersResult:
        wish = CustomersChange(
            _ids(input.customer_ids, "User", "customerIds"),
            _ids(input.add_group_ids, "CustomerGroup", "addGroupIds"),
            _ids(input.remove_group_ids, "CustomerGroup", "removeGroupIds"),
            input.add_tags,
            input.remove_tags,
        )
        users = await change_customers(info.context.infra, wish, signed_in(info).user_id)
        return ChangedCustomers(customers=list(map(User.of, users)))


def _ids(given: Sequence[strawberry.ID], type_: str, field: str) -> list[UUID]:
    """Errors: InvalidInput."""
    if len(given) > _MOST_IDS:
        raise InvalidInput.at(field, message=f"at most {_MOST_IDS}")
    return [input_id(gid, type_, field, str(place)) for place, gid in enumerate(given)]
