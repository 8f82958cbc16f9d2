"""What staff ask for."""

from uuid import UUID

import strawberry

from models import DEFAULT_WAREHOUSE
from resolvers.shared.node import input_id
from resolvers.shared.words import IDEMPOTENCY_KEY, LEDGER_NOTE, SKU
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


@strawberry.input(description="A correction of what is on hand, by a difference.")
class AdjustStockInput:
    sku: str = strawberry.field(description=SKU)
    delta: int = strawberry.field(description="Units more on hand; below 0, fewer.")
    reason: str = strawberry.field(description="Why, for the ledger.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description=_HERE)

    def to_service(self) -> Adjustment:
        return Adjustment(self.sku, self.delta, self.reason, _warehouse(self.warehouse_id))


@strawberry.input(description="Units that have come in.")
class ReceiveStockInput:
    sku: str = strawberry.field(description=SKU)
    quantity: int = strawberry.field(description="Units more on hand.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description=_HERE)
    document: str | None = strawberry.field(default=None, description=_DOCUMENT)
    note: str | None = strawberry.field(default=None, description=LEDGER_NOTE)

    def to_service(self) -> Receipt:
        return Receipt(self.sku, self.quantity, _warehouse(self.warehouse_id), self.document, self.note)


@strawberry.input(description="Units that go from one warehouse to another.")
class MoveStockInput:
    sku: str = strawberry.field(description=SKU)
    quantity: int = strawberry.field(description="Units that go; they must be free there.")
    from_warehouse_id: strawberry.ID = strawberry.field(description="Where they are.")
    to_warehouse_id: strawberry.ID = strawberry.field(description="Where they go.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    document: str | None = strawberry.field(default=None, description=_DOCUMENT)
    note: str | None = strawberry.field(default=None, description=LEDGER_NOTE)

    def to_service(self) -> Move:
        places = (
            _warehouse(self.from_warehouse_id, "fromWarehouseId"),
            _warehouse(self.to_warehouse_id, "toWarehouseId"),
        )
        return Move(self.sku, self.quantity, *places, self.document, self.note)


@strawberry.input(description="What somebody has counted.")
class CountStockInput:
    sku: str = strawberry.field(description=SKU)
    expected: int = strawberry.field(
        description="What was on hand when the counting began: a count of another number is refused."
    )
    counted: int = strawberry.field(description="What is on hand from now on.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    warehouse_id: strawberry.ID | None = strawberry.field(default=None, description=_HERE)
    document: str | None = strawberry.field(default=None, description=_DOCUMENT)
    note: str | None = strawberry.field(default=None, description=LEDGER_NOTE)

    def to_service(self) -> Count:
        where = _warehouse(self.warehouse_id)
        return Count(self.sku, self.expected, self.counted, where, self.document, self.note)


@strawberry.input(description="From how many units on a SKU counts as low.")
class SetLowStockThresholdInput:
    sku: str = strawberry.field(description=SKU)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    threshold: int | None = strawberry.field(
        default=None, description="Low at so many units or fewer; null: never."
    )

    def to_service(self) -> Threshold:
        return Threshold(self.sku, self.threshold)


@strawberry.input(description="A new place for stock.")
class CreateWarehouseInput:
    code: str = strawberry.field(description="A short name of its own, such as BER1.")
    name: str = strawberry.field(description="What people call it.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    priority: int = strawberry.field(
        default=100, description="Orders take from the lowest first, if it has all of a line."
    )

    def to_service(self) -> WarehouseDraft:
        return WarehouseDraft(self.code, self.name, self.priority)


@strawberry.input(description="What is left out, or null, stays as it is.")
class UpdateWarehouseInput:
    id: strawberry.ID = strawberry.field(description="Of the warehouse.")
    version: int = strawberry.field(description="As it was read: the change is refused when there was another.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    code: str | None = strawberry.field(default=None, description="A short name that no other has.")
    name: str | None = strawberry.field(default=None, description="What people call it.")
    priority: int | None = strawberry.field(
        default=None, description="Orders take from the lowest first, if it has all of a line."
    )
    active: bool | None = strawberry.field(default=None, description="Only an empty one can be closed.")

    def to_service(self) -> WarehouseChange:
        key = input_id(self.id, "Warehouse", "id")
        return WarehouseChange(key, self.version, self.code, self.name, self.priority, self.active)
