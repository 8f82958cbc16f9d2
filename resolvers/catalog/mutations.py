"""Change the catalog. For staff."""

import strawberry

from models.enums import Role
from resolvers.catalog.inputs import CreateProductInput
from resolvers.catalog.types import CreateProductResult, Product
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.permissions import signed_in
from services.catalog.create_product import create_product


@strawberry.type
class CatalogMutation:
    @mutation(Role.STAFF, description="Create a product with its variants and their first stock.")
    async def create_product(self, info: Info, input: CreateProductInput) -> CreateProductResult:
        actor = f"user:{signed_in(info).user_id}"
        return Product.of(await create_product(info.context.infra, input.to_service(), actor))
