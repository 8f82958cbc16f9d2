"""Change stock. For staff."""

from typing import Annotated
from uuid import UUID

import strawberry

from models import DEFAULT_WAREHOUSE
from models.enums import Role
from resolvers.catalog.types import Variant
from resolvers.shared.context import Info
from resolvers.shared.errors import IdempotencyConflict, InvalidInput, NotFound, OutOfStock, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from services.stock.adjust import Adjustment, adjust_stock
from services.stock.on_hand import Asked

AdjustStockResult = Annotated[
    Variant | NotFound | OutOfStock | IdempotencyConflict | InvalidInput | TryAgain,
    strawberry.union("AdjustStockResult"),
]


@strawberry.input
class AdjustStockInput:
    sku: str
    delta: int = strawberry.field(description="Units more on hand; below 0, fewer.")
    reason: str
    idempotency_key: str
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description="Null: the default warehouse.")

    def to_service(self) -> Adjustment:
        return Adjustment(self.sku, self.delta, self.reason, warehouse(self.warehouse_id))


def warehouse(gid: strawberry.ID | None, name: str = "warehouseId") -> UUID:
    return DEFAULT_WAREHOUSE if gid is None else input_id(gid, "Warehouse", name)


@strawberry.type
class StockMutation:
    @mutation(Role.STAFF, description="Correct what is on hand. Answers with the variant as it is now.")
    async def adjust_stock(self, info: Info, input: AdjustStockInput) -> AdjustStockResult:
        await adjust_stock(info.context.infra, input.to_service(), asked(info, input.idempotency_key))
        return await variant_of(info, input.sku)


def asked(info: Info, key: str) -> Asked:
    return Asked(signed_in(info).user_id, key)


async def variant_of(info: Info, sku: str) -> Variant:
    document = await info.context.loaders.variant_by_sku.load(sku)
    if document is None:
        raise LookupError(f"stock without its variant: {sku}")
    return Variant.of(document)
