"""Change products. For staff."""

import strawberry

from models import ProductStatus
from models.documents import ProductDoc
from models.enums import Role, Scope
from resolvers.catalog.change_inputs import ProductStateInput, ReorderVariantsInput, UpdateProductInput
from resolvers.catalog.inputs import CreateProductInput
from resolvers.catalog.results import ChangeProductResult, CreateProductResult
from resolvers.catalog.types import Product
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.catalog.create_product import create_product
from services.catalog.reorder_variants import reorder_variants
from services.catalog.update_product import set_status, update_product


def actor_of(info: Info) -> str:
    return f"user:{signed_in(info).user_id.hex}"


def changed_product(info: Info, document: ProductDoc) -> Product:
    """Show the product that was changed; what the request has loaded before is forgotten: it may show the product
    once more."""
    info.context.loaders.forget_products()
    return Product.of(document)


@strawberry.type
class CatalogMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Create a product with its variants and their first stock.",
    )
    async def create_product(self, info: Info, input: CreateProductInput) -> CreateProductResult:
        return changed_product(info, await create_product(info.context.infra, input.to_service(), actor_of(info)))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Change what a product says, its state, and some of its variants.",
    )
    async def update_product(self, info: Info, input: UpdateProductInput) -> ChangeProductResult:
        return changed_product(info, await update_product(info.context.infra, input.change()))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Show a product to customers.")
    async def publish_product(self, info: Info, input: ProductStateInput) -> ChangeProductResult:
        return await _set_status(info, input, ProductStatus.PUBLISHED)

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Make a product a draft: customers do not see it.",
    )
    async def unpublish_product(self, info: Info, input: ProductStateInput) -> ChangeProductResult:
        return await _set_status(info, input, ProductStatus.DRAFT)

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Take a product out of the shop. It is never deleted: orders refer to it.",
    )
    async def archive_product(self, info: Info, input: ProductStateInput) -> ChangeProductResult:
        return await _set_status(info, input, ProductStatus.ARCHIVED)

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Put a product's variants in another order.")
    async def reorder_variants(self, info: Info, input: ReorderVariantsInput) -> ChangeProductResult:
        ids = [input_id(gid, "Variant", "variantIds", str(n)) for n, gid in enumerate(input.variant_ids)]
        return changed_product(info, await reorder_variants(info.context.infra, input.based(), ids))


async def _set_status(info: Info, input: ProductStateInput, status: ProductStatus) -> Product:
    return changed_product(info, await set_status(info.context.infra, input.based(), status))
