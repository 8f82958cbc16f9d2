"""Change many products at once. For staff."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import strawberry

from models.enums import Role, Scope
from resolvers.catalog.change_inputs import UpdateProductInput
from resolvers.catalog.inputs import CreateProductInput
from resolvers.catalog.mutations import actor_of
from resolvers.catalog.results import BulkProductRow, BulkProducts, BulkProductsResult
from resolvers.catalog.types import Product
from resolvers.shared.context import Info
from resolvers.shared.errors import to_error
from resolvers.shared.mutation import mutation
from services.catalog.bulk_create_products import bulk_create_products
from services.catalog.bulk_update_products import bulk_update_products
from services.catalog.row_outcome import BulkPolicy, RowOutcome
from services.shared.errors import InvalidInput

T = TypeVar("T")
_POLICY = "What becomes of the good rows when others are at fault."


@strawberry.input(description="Many new products at once.")
class BulkCreateProductsInput:
    products: list[CreateProductInput] = strawberry.field(description="1 to 500.")
    policy: BulkPolicy = strawberry.field(description=_POLICY)


@strawberry.input(description="Many changes of products at once.")
class BulkUpdateProductsInput:
    products: list[UpdateProductInput] = strawberry.field(description="1 to 500.")
    policy: BulkPolicy = strawberry.field(description=_POLICY)


@strawberry.type
class BulkMutation:
    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Create up to 500 products in one transaction.")
    async def bulk_create_products(self, info: Info, input: BulkCreateProductsInput) -> BulkProductsResult:
        drafts = [_or_fault(row.to_service) for row in input.products]
        return _shown(info, await bulk_create_products(info.context.infra, drafts, input.policy, actor_of(info)))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Change up to 500 products in one transaction.")
    async def bulk_update_products(self, info: Info, input: BulkUpdateProductsInput) -> BulkProductsResult:
        changes = [_or_fault(row.change) for row in input.products]
        return _shown(info, await bulk_update_products(info.context.infra, changes, input.policy))


def _or_fault(convert: Callable[[], T]) -> T | InvalidInput:
    """A row that cannot even be read is a row at fault like any other."""
    try:
        return convert()
    except InvalidInput as error:
        return error


def _shown(info: Info, outcomes: Sequence[RowOutcome]) -> BulkProducts:
    info.context.loaders.forget_products()
    rows = [
        BulkProductRow(
            index=index,
            product=None if outcome.document is None else Product.of(outcome.document),
            error=None if outcome.error is None else to_error(outcome.error),
        )
        for index, outcome in enumerate(outcomes)
    ]
    written = sum(row.product is not None for row in rows)
    return BulkProducts(written=written, rejected=sum(row.error is not None for row in rows), rows=rows)
