"""The types of metadata."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import strawberry

from models.enums import MetadataOwner, MetadataType, MetadataVisibility, Role, Scope
from models.metadata_document import DefinitionDoc, Meta
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    StaleVersion,
    TryAgain,
)
from resolvers.shared.failures import bad_argument
from resolvers.shared.fields import field
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.words import VERSION_NOW
from services.metadata.rules import MOST_VALUES
from services.metadata.views import Wanted, definitions, values_of

READ: Final = {
    MetadataOwner.PRODUCT: Scope.CATALOG_READ,
    MetadataOwner.VARIANT: Scope.CATALOG_READ,
    MetadataOwner.CUSTOMER: Scope.USERS_READ,
    MetadataOwner.ORDER: Scope.ORDERS_READ,
}
"""What machines need to see what is private of whom."""
_KEYS: Final = "Of these keys only; all when left out."


@strawberry.type(description="A value under a key that staff have defined.")
class MetadataValue:
    key: str = strawberry.field(description="As it is defined.")
    type: MetadataType = strawberry.field(description="What the value is.")
    value: str = strawberry.field(
        description="As text: numbers without needless digits, moments in UTC, JSON with its keys sorted."
    )

    @classmethod
    def of(cls, definition: DefinitionDoc, value: str) -> "MetadataValue":
        return cls(key=definition.key, type=definition.type, value=value)


@strawberry.interface(description="What has metadata: values under keys that the shop defines.")
class HasMetadata:
    # No hint: of a customer and of an order it is somebody's own, also where a product's is not.
    @field(description="What is public of it, by key.")
    async def metadata(
        self, info: Info, keys: Annotated[list[str] | None, strawberry.argument(description=_KEYS)] = None
    ) -> list[MetadataValue]:
        return await _values(info, self, keys, is_public=True)

    @field(description="What is private of it, by key. For staff; null for everybody else.")
    async def private_metadata(
        self, info: Info, keys: Annotated[list[str] | None, strawberry.argument(description=_KEYS)] = None
    ) -> list[MetadataValue] | None:
        owner, _ = _meta_of(self)
        viewer = info.context.viewer
        if viewer is None or not viewer.may(Role.STAFF, READ[owner]):
            return None
        return await _values(info, self, keys, is_public=False)


def _meta_of(source: object) -> tuple[MetadataOwner, Meta]:
    found: tuple[MetadataOwner, Meta] = source.meta_of()  # type: ignore[attr-defined]  # each type has it
    return found


async def _values(
    info: Info, source: object, keys: Sequence[str] | None, *, is_public: bool
) -> list[MetadataValue]:
    if keys is not None and len(keys) > MOST_VALUES:
        raise bad_argument("keys", f"at most {MOST_VALUES}")
    owner, meta = _meta_of(source)
    known = await definitions(info.context.infra)
    return [
        MetadataValue.of(definition, value)
        for definition, value in values_of(meta, known, owner)
        if definition.is_public is is_public and (keys is None or definition.key in keys)
    ]


@strawberry.type(description="A key of metadata: who has it, what its values are, and who sees them.")
class MetadataDefinition(Node):
    owner: MetadataOwner = strawberry.field(description="What has such values.")
    key: str = strawberry.field(description="Unique among those of its owner.")
    type: MetadataType = strawberry.field(description="What values must be.")
    visibility: MetadataVisibility = strawberry.field(description="Who sees them.")
    description: str = strawberry.field(description="What it is for; empty when nobody said.")
    version: int = strawberry.field(description=VERSION_NOW)

    @classmethod
    def of(cls, found: DefinitionDoc) -> "MetadataDefinition":
        return cls(
            id=encode_id("MetadataDefinition", found.id),
            owner=found.owner,
            key=found.key,
            type=found.type,
            visibility=found.visibility,
            description=found.description,
            version=found.version,
        )


@strawberry.type(description="The id of a definition that is gone: no Node, as there is none any more.")
class DeletedMetadataDefinition:
    id: strawberry.ID = strawberry.field(description="Of the definition that was.")


@strawberry.type(description="What has other metadata now.")
class ChangedMetadata:
    owner: HasMetadata = strawberry.field(description="As it is now.")


@strawberry.input(description="A value of metadata to find things by: exactly this one.")
class MetadataFilter:
    key: str = strawberry.field(description="As it is defined; a private one for staff only.")
    value: str = strawberry.field(description="Of the key's type; 1.50 finds 1.5.")

    def to_service(self) -> Wanted:
        return Wanted(self.key, self.value)


CreateMetadataDefinitionResult = Annotated[
    MetadataDefinition | NotFound | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("CreateMetadataDefinitionResult"),
]
ChangeMetadataDefinitionResult = Annotated[
    MetadataDefinition | NotFound | StaleVersion | TryAgain | InvalidInput,
    strawberry.union("ChangeMetadataDefinitionResult"),
]
DeleteMetadataDefinitionResult = Annotated[
    DeletedMetadataDefinition | NotFound | StaleVersion | TryAgain | InvalidInput,
    strawberry.union("DeleteMetadataDefinitionResult"),
]
SetMetadataResult = Annotated[
    ChangedMetadata | NotFound | IdempotencyConflict | TryAgain | InvalidInput,
    strawberry.union("SetMetadataResult"),
]


async def _load(context: Context, ids: Sequence[UUID]) -> list[MetadataDefinition | None]:
    """For staff, as the list of them."""
    viewer = context.viewer
    is_staff = viewer is not None and viewer.may(Role.STAFF, Scope.CATALOG_READ)
    known = await definitions(context.infra) if is_staff else ()
    return pick_nodes(ids, {one.id: one for one in known}, MetadataDefinition.of)


register_node("MetadataDefinition", _load)
