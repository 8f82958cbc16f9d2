"""Change stock. For staff."""

from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import Role, Scope
from resolvers.catalog.types import Variant
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    OutOfStock,
    StaleCount,
    TryAgain,
)
from resolvers.shared.mutation import mutation
from resolvers.stock.inputs import (
    AdjustStockInput,
    CountStockInput,
    CreateWarehouseInput,
    MoveStockInput,
    ReceiveStockInput,
    SetLowStockThresholdInput,
    UpdateWarehouseInput,
)
from resolvers.warehouse.types import CreateWarehouseResult, UpdateWarehouseResult, Warehouse, load_warehouse
from services.stock.adjust_stock import adjust_stock
from services.stock.count_stock import count_stock
from services.stock.create_warehouse import create_warehouse
from services.stock.move_stock import move_stock
from services.stock.receive_stock import receive_stock
from services.stock.set_threshold import set_threshold
from services.stock.update_warehouse import update_warehouse

AdjustStockResult = Annotated[
    Variant | NotFound | OutOfStock | IdempotencyConflict | InvalidInput | TryAgain,
    strawberry.union("AdjustStockResult"),
]
ReceiveStockResult = Annotated[
    Variant | NotFound | IdempotencyConflict | InvalidInput | TryAgain,
    strawberry.union("ReceiveStockResult"),
]
MoveStockResult = Annotated[
    Variant | NotFound | OutOfStock | IdempotencyConflict | InvalidInput | TryAgain,
    strawberry.union("MoveStockResult"),
]
CountStockResult = Annotated[
    Variant | NotFound | StaleCount | OutOfStock | IdempotencyConflict | InvalidInput | TryAgain,
    strawberry.union("CountStockResult"),
]
SetLowStockThresholdResult = Annotated[
    Variant | NotFound | IdempotencyConflict | InvalidInput | TryAgain,
    strawberry.union("SetLowStockThresholdResult"),
]
_WRITE = Scope.STOCK_WRITE


@strawberry.type
class StockMutation:
    @mutation(
        Role.STAFF, scope=_WRITE, description="Correct what is on hand. Answers with the variant as it is now."
    )
    async def adjust_stock(self, info: Info, input: AdjustStockInput) -> AdjustStockResult:
        await adjust_stock(info.context.infra, input.to_service(), asked_by(info, input.idempotency_key))
        return await _variant(info, input.sku)

    @mutation(Role.STAFF, scope=_WRITE, description="Units have come in.")
    async def receive_stock(self, info: Info, input: ReceiveStockInput) -> ReceiveStockResult:
        await receive_stock(info.context.infra, input.to_service(), asked_by(info, input.idempotency_key))
        return await _variant(info, input.sku)

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Move available units to another warehouse; what orders and sales have stays where it is.",
    )
    async def move_stock(self, info: Info, input: MoveStockInput) -> MoveStockResult:
        await move_stock(info.context.infra, input.to_service(), asked_by(info, input.idempotency_key))
        return await _variant(info, input.sku)

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="Set what is on hand to what was counted, if it still is what was counted from.",
    )
    async def count_stock(self, info: Info, input: CountStockInput) -> CountStockResult:
        await count_stock(info.context.infra, input.to_service(), asked_by(info, input.idempotency_key))
        return await _variant(info, input.sku)

    @mutation(
        Role.STAFF,
        scope=_WRITE,
        description="At how many units that customers can order a SKU is low: an event tells of it, once.",
    )
    async def set_low_stock_threshold(
        self, info: Info, input: SetLowStockThresholdInput
    ) -> SetLowStockThresholdResult:
        await set_threshold(info.context.infra, input.to_service(), asked_by(info, input.idempotency_key))
        return await _variant(info, input.sku)

    @mutation(Role.STAFF, scope=_WRITE, description="Open another warehouse.")
    async def create_warehouse(self, info: Info, input: CreateWarehouseInput) -> CreateWarehouseResult:
        asked = asked_by(info, input.idempotency_key)
        return await _warehouse(info, await create_warehouse(info.context.infra, input.to_service(), asked))

    @mutation(Role.STAFF, scope=_WRITE, description="Change a warehouse, close it, open it again.")
    async def update_warehouse(self, info: Info, input: UpdateWarehouseInput) -> UpdateWarehouseResult:
        wish = input.to_service()
        await update_warehouse(info.context.infra, wish, asked_by(info, input.idempotency_key))
        return await _warehouse(info, wish.warehouse_id)


async def _variant(info: Info, sku: str) -> Variant:
    """As it is now, whatever the request has loaded before."""
    info.context.loaders.forget_stock()
    document = await info.context.loaders.variant_by_sku.load(sku)
    if document is None:
        raise LookupError(f"stock without its variant: {sku}")
    return Variant.of(document)


async def _warehouse(info: Info, warehouse_id: UUID) -> Warehouse:
    info.context.loaders.forget_stock()
    return await load_warehouse(info, warehouse_id)
