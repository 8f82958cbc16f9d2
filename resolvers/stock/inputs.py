"""What staff ask for."""

from uuid import UUID

import strawberry

from models import DEFAULT_WAREHOUSE
from resolvers.shared.node import input_id
from services.stock.adjust_stock import Adjustment
from services.stock.count_stock import Count
from services.stock.create_warehouse import WarehouseDraft
from services.stock.move_stock import Move
from services.stock.receive_stock import Receipt
from services.stock.set_threshold import Threshold
from services.stock.update_warehouse import WarehouseChange

_HERE = "Null: the default warehouse."
_DOCUMENT = "A number on paper, such as a delivery note's."


def _warehouse(gid: strawberry.ID | None, name: str = "warehouseId") -> UUID:
    return DEFAULT_WAREHOUSE if gid is None else input_id(gid, "Warehouse", name)


@strawberry.input
class AdjustStockInput:
    sku: str
    delta: int = strawberry.field(description="Units more on hand; below 0, fewer.")
    reason: str
    idempotency_key: str
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description=_HERE)

    def to_service(self) -> Adjustment:
        return Adjustment(self.sku, self.delta, self.reason, _warehouse(self.warehouse_id))


@strawberry.input
class ReceiveStockInput:
    sku: str
    quantity: int
    idempotency_key: str
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description=_HERE)
    document: str | None = strawberry.field(default=None, description=_DOCUMENT)
    note: str | None = None

    def to_service(self) -> Receipt:
        return Receipt(self.sku, self.quantity, _warehouse(self.warehouse_id), self.document, self.note)


@strawberry.input
class MoveStockInput:
    sku: str
    quantity: int
    from_warehouse_id: strawberry.ID
    to_warehouse_id: strawberry.ID
    idempotency_key: str
    document: str | None = strawberry.field(default=None, description=_DOCUMENT)
    note: str | None = None

    def to_service(self) -> Move:
        places = (
            _warehouse(self.from_warehouse_id, "fromWarehouseId"),
            _warehouse(self.to_warehouse_id, "toWarehouseId"),
        )
        return Move(self.sku, self.quantity, *places, self.document, self.note)


@strawberry.input
class CountStockInput:
    sku: str
    expected: int = strawberry.field(
        description="What was on hand when the counting began: a count of another number is refused."
    )
    counted: int
    idempotency_key: str
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description=_HERE)
    document: str | None = strawberry.field(default=None, description=_DOCUMENT)
    note: str | None = None

    def to_service(self) -> Count:
        where = _warehouse(self.warehouse_id)
        return Count(self.sku, self.expected, self.counted, where, self.document, self.note)


@strawberry.input
class SetLowStockThresholdInput:
    sku: str
    idempotency_key: str
    threshold: int | None = strawberry.field(
        default=None, description="Low at so many units or fewer; null: never."
    )

    def to_service(self) -> Threshold:
        return Threshold(self.sku, self.threshold)


@strawberry.input
class CreateWarehouseInput:
    code: str
    name: str
    idempotency_key: str
    priority: int = strawberry.field(
        default=100, description="Orders take from the lowest first, if it has all of a line."
    )

    def to_service(self) -> WarehouseDraft:
        return WarehouseDraft(self.code, self.name, self.priority)


@strawberry.input(description="What is left out, or null, stays as it is.")
class UpdateWarehouseInput:
    id: strawberry.ID
    version: int = strawberry.field(description="As it was read: the change is refused when there was another.")
    idempotency_key: str
    code: str | None = None
    name: str | None = None
    priority: int | None = None
    active: bool | None = strawberry.field(default=None, description="Only an empty one can be closed.")

    def to_service(self) -> WarehouseChange:
        key = input_id(self.id, "Warehouse", "id")
        return WarehouseChange(key, self.version, self.code, self.name, self.priority, self.active)
