"""The types of warehouses and what is in them. For staff."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import DEFAULT_WAREHOUSE
from models import StockLevel as LevelRow
from models import Warehouse as Row
from models.enums import Role, Scope
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    StaleVersion,
    TryAgain,
    WarehouseCodeTaken,
    WarehouseNotEmpty,
)
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.node import Node, encode_id, register_node
from resolvers.shared.words import VERSION_NOW


@strawberry.type(description="Where stock lies.")
class Warehouse(Node):
    code: str = strawberry.field(description="A short name that no other has, such as BER1.")
    name: str = strawberry.field(description="What people call it.")
    priority: int = strawberry.field(description="Orders take from the lowest first, if it has all of a line.")
    active: bool = strawberry.field(description="A closed one is empty, and takes nothing in.")
    is_default: bool = strawberry.field(description="Where stock goes when no warehouse is named; never closed.")
    version: int = strawberry.field(description=VERSION_NOW)

    @classmethod
    def of(cls, row: Row) -> "Warehouse":
        return cls(
            id=encode_id("Warehouse", row.id),
            code=row.code,
            name=row.name,
            priority=row.priority,
            active=row.active,
            is_default=row.id == DEFAULT_WAREHOUSE,
            version=row.version,
        )


@strawberry.type(description="Units of a SKU in a warehouse: onHand = available + setAside + held + committed.")
class StockLevel:
    on_hand: int = strawberry.field(description="What a count would find there.")
    available: int = strawberry.field(description="Free to be ordered, set aside or moved.")
    set_aside: int = strawberry.field(description="Waits in flash sales.")
    held: int = strawberry.field(description="In orders that are not paid.")
    committed: int = strawberry.field(description="Paid, and not shipped.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
    warehouse_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: LevelRow) -> "StockLevel":
        return cls(
            on_hand=row.on_hand,
            available=row.available,
            set_aside=row.set_aside,
            held=row.held,
            committed=row.committed,
            updated_at=row.updated_at,
            warehouse_id=row.warehouse_id,
        )

    @field(description="Where the units are.")
    @loaded(lambda loaders: loaders.warehouse_by_id, lambda self: self.warehouse_id)
    def warehouse(self, info: Info, row: Row | None) -> Warehouse:
        return show_warehouse(self.warehouse_id, row)


CreateWarehouseResult = Annotated[
    Warehouse | WarehouseCodeTaken | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("CreateWarehouseResult"),
]
UpdateWarehouseResult = Annotated[
    Warehouse
    | NotFound
    | StaleVersion
    | WarehouseCodeTaken
    | WarehouseNotEmpty
    | InvalidInput
    | IdempotencyConflict
    | TryAgain,
    strawberry.union("UpdateWarehouseResult"),
]


async def load_warehouse(info: Info, warehouse_id: UUID) -> Warehouse:
    return show_warehouse(warehouse_id, await info.context.loaders.warehouse_by_id.load(warehouse_id))


def show_warehouse(warehouse_id: UUID, row: Row | None) -> Warehouse:
    if row is None:
        raise LookupError(f"stock in a warehouse that is not there: {warehouse_id}")
    return Warehouse.of(row)


def may_see_stock(context: Context) -> bool:
    """Returns whether the viewer is staff, or a machine that may change it."""
    return context.viewer is not None and context.viewer.may(Role.STAFF, Scope.STOCK_WRITE)


async def levels_of(info: Info, sku: str) -> list[StockLevel] | None:
    if not may_see_stock(info.context):
        return None
    return [StockLevel.of(row) for row in await info.context.loaders.stock_levels_by_sku.load(sku)]


async def threshold_of(info: Info, sku: str) -> int | None:
    if not may_see_stock(info.context):
        return None
    row = await info.context.loaders.threshold_by_sku.load(sku)
    return None if row is None else row.units


async def _load_warehouses(context: Context, ids: Sequence[UUID]) -> list[Warehouse | None]:
    if not may_see_stock(context):
        return [None] * len(ids)
    rows = await context.loaders.warehouse_by_id.load_many(ids)
    return [None if row is None else Warehouse.of(row) for row in rows]


register_node("Warehouse", _load_warehouses)
