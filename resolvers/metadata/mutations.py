"""Metadata: keys are defined, values set. For staff."""

from typing import Final, NoReturn
from uuid import UUID

import strawberry

from models.enums import MetadataOwner, MetadataType, MetadataVisibility, Role, Scope
from resolvers.metadata.types import (
    ChangedMetadata,
    ChangeMetadataDefinitionResult,
    CreateMetadataDefinitionResult,
    DeletedMetadataDefinition,
    DeleteMetadataDefinitionResult,
    HasMetadata,
    MetadataDefinition,
    SetMetadataResult,
)
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import MalformedId, input_id, load_nodes, split_id
from resolvers.shared.permissions import check, signed_in
from resolvers.shared.restricted import restricted
from resolvers.shared.words import IDEMPOTENCY_KEY
from services.catalog.set_product_metadata import set_product_metadata, set_variant_metadata
from services.metadata.change_definition import change_definition, delete_definition
from services.metadata.create_definition import LONGEST_DESCRIPTION, NewDefinition, create_definition
from services.metadata.rules import KEY_WORDS, LONGEST_JSON, LONGEST_VALUE, MOST_VALUES, MetadataWish, NewValue
from services.metadata.views import definitions
from services.order.set_order_metadata import set_order_metadata
from services.shared.errors import InvalidInput, NotFound
from services.user.set_customer_metadata import set_customer_metadata

_VERSION: Final = "As it was read: refused when there was another change."
_OWNER: Final = "A product, a variant, an order or a user."
_SET: Final = {
    "Product": (Scope.CATALOG_WRITE, set_product_metadata),
    "Variant": (Scope.CATALOG_WRITE, set_variant_metadata),
    "User": (None, set_customer_metadata),
    "Order": (Scope.ORDERS_WRITE, set_order_metadata),
}
"""How to set the metadata of each, and what lets roles of the shop's own and machines do so."""
_SCOPES: Final = (Scope.CATALOG_WRITE, Scope.ORDERS_WRITE)


@strawberry.input(description="A new key of metadata.")
class CreateMetadataDefinitionInput:
    owner: MetadataOwner = strawberry.field(description="What is to have such values.")
    key: str = strawberry.field(description=f"Of its owner's keys no other: {KEY_WORDS}.")
    type: MetadataType = strawberry.field(description="What values must be; it stays so.")
    visibility: MetadataVisibility = strawberry.field(description="Who sees them.")
    description: str = strawberry.field(
        default="", description=f"What it is for: {LONGEST_DESCRIPTION} characters at most."
    )
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="What is left out, or null, stays as it is.")
class ChangeMetadataDefinitionInput:
    id: strawberry.ID = strawberry.field(description="Of the definition.")
    version: int = strawberry.field(description=_VERSION)
    visibility: MetadataVisibility | None = strawberry.field(default=None, description="Who sees them, at once.")
    description: str | None = strawberry.field(default=None, description="What it is for.")


@strawberry.input(description="A key of metadata that is not to be any more.")
class DeleteMetadataDefinitionInput:
    id: strawberry.ID = strawberry.field(description="Of the definition.")
    version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="A value to set.")
class MetadataValueInput:
    key: str = strawberry.field(description="As it is defined.")
    value: str = strawberry.field(
        description=f"As text of the key's type: {LONGEST_VALUE} characters at most, of JSON {LONGEST_JSON}."
    )
    expected: str | None = strawberry.field(
        default=None, description="The value that it is to replace: refused when it is another by now."
    )


@strawberry.input(description="Values to set, all or none; what is not named stays.")
class SetMetadataInput:
    owner_id: strawberry.ID = strawberry.field(description=_OWNER)
    values: list[MetadataValueInput] = strawberry.field(description=f"1 to {MOST_VALUES}.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Keys whose values are to be taken away, all or none.")
class DeleteMetadataInput:
    owner_id: strawberry.ID = strawberry.field(description=_OWNER)
    keys: list[str] = strawberry.field(description=f"1 to {MOST_VALUES}, as they are defined.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.type
class MetadataQuery:
    @restricted(Role.STAFF, scope=Scope.CATALOG_READ, description="All keys of metadata, by owner and key.")
    async def metadata_definitions(self, info: Info) -> list[MetadataDefinition]:
        return list(map(MetadataDefinition.of, await definitions(info.context.infra)))


@strawberry.type
class MetadataMutation:
    @mutation(Role.STAFF, description="Define a key of metadata; its values are checked by their type.")
    async def create_metadata_definition(
        self, info: Info, input: CreateMetadataDefinitionInput
    ) -> CreateMetadataDefinitionResult:
        wish = NewDefinition(input.owner, input.key, input.type, input.visibility, input.description)
        found = await create_definition(info.context.infra, wish, asked_by(info, input.idempotency_key))
        for one in await definitions(info.context.infra):
            if one.id == found:
                return MetadataDefinition.of(one)
        raise NotFound("The definition that this key made was deleted.")

    @mutation(Role.STAFF, description="Say who sees a key's values, at once, and what it is for.")
    async def change_metadata_definition(
        self, info: Info, input: ChangeMetadataDefinitionInput
    ) -> ChangeMetadataDefinitionResult:
        found = await change_definition(
            info.context.infra,
            _definition(input.id),
            input.version,
            signed_in(info).user_id,
            visibility=input.visibility,
            description=input.description,
        )
        return MetadataDefinition.of(found)

    @mutation(Role.STAFF, description="Delete a key with all its values.")
    async def delete_metadata_definition(
        self, info: Info, input: DeleteMetadataDefinitionInput
    ) -> DeleteMetadataDefinitionResult:
        by = signed_in(info).user_id
        await delete_definition(info.context.infra, _definition(input.id), input.version, by)
        return DeletedMetadataDefinition(id=input.id)

    @mutation(
        Role.STAFF, scope=_SCOPES, description="Set metadata of a product, a variant, a customer or an order."
    )
    async def set_metadata(self, info: Info, input: SetMetadataInput) -> SetMetadataResult:
        values = [NewValue(one.key, one.value, one.expected) for one in input.values]
        return await _change(info, input.owner_id, MetadataWish(values=values), input.idempotency_key)

    @mutation(Role.STAFF, scope=_SCOPES, description="Take metadata away; what is not there is no error.")
    async def delete_metadata(self, info: Info, input: DeleteMetadataInput) -> SetMetadataResult:
        return await _change(info, input.owner_id, MetadataWish(gone=input.keys), input.idempotency_key)


async def _change(info: Info, gid: str, wish: MetadataWish, key: str) -> ChangedMetadata:
    try:
        kind, owner_id = split_id(gid)
    except MalformedId as error:
        raise InvalidInput.at("ownerId", message=str(error)) from None
    if kind not in _SET:
        _refuse()
    scope, set_values = _SET[kind]
    check(info, [Role.STAFF], scope)
    await set_values(info.context.infra, owner_id, wish, asked_by(info, key))
    info.context.loaders.forget_products()
    info.context.loaders.forget_orders()
    [owner] = await load_nodes(info.context, [(kind, owner_id)])
    if not isinstance(owner, HasMetadata):
        raise NotFound("It is not there any more.")
    return ChangedMetadata(owner=owner)


def _refuse() -> NoReturn:
    raise InvalidInput.at("ownerId", message="is not the id of a product, a variant, an order or a user")


def _definition(gid: str) -> UUID:
    return input_id(gid, "MetadataDefinition", "id")
