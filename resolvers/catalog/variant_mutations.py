"""Change variants. For staff. Each change is one of the product, and moves its version."""

from uuid import UUID

import strawberry

from models.documents import ProductDoc, VariantDoc
from models.enums import Role, Scope
from resolvers.catalog.change_inputs import (
    AddVariantInput,
    SetVariantPricesInput,
    UpdateVariantInput,
    VariantStateInput,
)
from resolvers.catalog.mutations import actor_of
from resolvers.catalog.results import ChangeVariantResult, CreateVariantResult
from resolvers.catalog.types import Variant
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from services.catalog.archive_variant import archive_variant, restore_variant
from services.catalog.create_variant import create_variant
from services.catalog.set_variant_prices import set_variant_prices
from services.catalog.update_variant import update_variant


@strawberry.type
class VariantMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Add a variant to a product, with its first stock.",
    )
    async def create_variant(self, info: Info, input: AddVariantInput) -> CreateVariantResult:
        draft = input.variant.to_service("variant")
        product = await create_variant(info.context.infra, input.based(), draft, actor_of(info))
        return _shown(info, product, product.variant_of_sku(draft.sku))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Change what a variant says and costs.")
    async def update_variant(self, info: Info, input: UpdateVariantInput) -> ChangeVariantResult:
        change = input.change()
        product = await update_variant(info.context.infra, change, input.version)
        return _shown(info, product, product.variant(change.variant_id))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Sell a variant no more. It is never deleted: orders refer to it.",
    )
    async def archive_variant(self, info: Info, input: VariantStateInput) -> ChangeVariantResult:
        key = _key(input.id)
        product = await archive_variant(info.context.infra, key, input.version)
        return _shown(info, product, product.variant(key))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Sell an archived variant again.")
    async def restore_variant(self, info: Info, input: VariantStateInput) -> ChangeVariantResult:
        key = _key(input.id)
        product = await restore_variant(info.context.infra, key, input.version)
        return _shown(info, product, product.variant(key))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Replace a variant's prices in currencies other than its product's own.",
    )
    async def set_variant_prices(self, info: Info, input: SetVariantPricesInput) -> ChangeVariantResult:
        key, prices = _key(input.id), [price.to_service() for price in input.prices]
        product = await set_variant_prices(info.context.infra, key, input.version, prices)
        return _shown(info, product, product.variant(key))


def _key(gid: strawberry.ID) -> UUID:
    return input_id(gid, "Variant", "id")


def _shown(info: Info, product: ProductDoc, variant: VariantDoc | None) -> Variant:
    assert variant is not None, "the verb has just written it"
    info.context.loaders.forget_products()
    return Variant.of(variant)
