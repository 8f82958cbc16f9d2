"""The types of the stock ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import strawberry

from models import StockCause, StockEntry
from models import Warehouse as WarehouseRow
from models.documents import VariantDoc
from resolvers.catalog.types import Variant, show_variant
from resolvers.shared.context import Context, Info
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.node import Node, encode_actor, encode_id, register_node
from resolvers.shared.relay import Connection, Edge, Page, edges_of, page_info
from resolvers.warehouse.types import Warehouse, may_see_stock, show_warehouse
from services.stock.list_ledger import LedgerFilter, find_entries, list_ledger

_SORT = "stockLedger"
_ORDERS: Final = (StockCause.HELD, StockCause.RELEASED, StockCause.COMMITTED, StockCause.SHIPPED)
_SALES: Final = (StockCause.SET_ASIDE, StockCause.SALE_ENDED)


@strawberry.type(description="One change of a stock level, as differences. Entries are only ever added.")
class StockLedgerEntry(Node):
    at: datetime = strawberry.field(description="When it was written.")
    sku: str = strawberry.field(description="What was changed.")
    cause: StockCause = strawberry.field(description="Why.")
    on_hand: int = strawberry.field(description="Units more on hand; below 0: fewer.")
    available: int = strawberry.field(description="Units more that are free to be ordered; below 0: fewer.")
    set_aside: int = strawberry.field(description="Units more in flash sales; below 0: fewer.")
    held: int = strawberry.field(description="Units more in orders that are not paid; below 0: fewer.")
    committed: int = strawberry.field(description="Units more that are paid and not shipped; below 0: fewer.")
    actor: str = strawberry.field(description="Who did it: a user's id, or a name such as pipeline.")
    reference: strawberry.ID | None = strawberry.field(
        description="The order or the sale; for what staff did, the operation: both entries of a move name it."
    )
    document: str | None = strawberry.field(description="A number on paper, such as a delivery note's.")
    note: str | None = strawberry.field(description="What staff said of it.")
    warehouse_id: strawberry.Private[UUID]

    @classmethod
    def of(cls, row: StockEntry) -> "StockLedgerEntry":
        return cls(
            id=encode_id("StockLedgerEntry", row.id),
            at=row.at,
            sku=row.sku,
            cause=StockCause(row.cause),
            on_hand=row.on_hand,
            available=row.available,
            set_aside=row.set_aside,
            held=row.held,
            committed=row.committed,
            actor=encode_actor(row.actor),
            reference=_reference(row),
            document=row.document,
            note=row.note,
            warehouse_id=row.warehouse_id,
        )

    @field(description="Where it happened.")
    @loaded(lambda loaders: loaders.warehouse_by_id, lambda self: self.warehouse_id)
    def warehouse(self, info: Info, row: WarehouseRow | None) -> Warehouse:
        return show_warehouse(self.warehouse_id, row)

    @field(description="Null when the viewer must not see it.")
    @loaded(lambda loaders: loaders.variant_by_sku, lambda self: self.sku)
    def variant(self, info: Info, document: VariantDoc | None) -> Variant | None:
        return show_variant(info.context, document)


def _reference(row: StockEntry) -> strawberry.ID | None:
    if row.reference is None:
        return None
    kind = "Order" if row.cause in _ORDERS else "FlashSale" if row.cause in _SALES else "StockOperation"
    return encode_id("FlashSaleItem" if row.cause == StockCause.REPAIRED else kind, row.reference)


@strawberry.type
class StockLedgerEdge(Edge[StockLedgerEntry]): ...


@strawberry.type
class StockLedgerConnection(Connection[StockLedgerEdge]): ...


async def ledger_connection(info: Info, wanted: LedgerFilter, page: Page) -> StockLedgerConnection:
    """Errors: BAD_USER_INPUT naming the argument at fault."""
    cut = await list_ledger(info.context.infra, wanted, page.by_id(_SORT))
    edges = edges_of(StockLedgerEdge, cut, _SORT, StockLedgerEntry.of)
    return StockLedgerConnection(edges=edges, page_info=page_info(cut, edges))


async def _load_ledger_entries(context: Context, ids: Sequence[UUID]) -> list[StockLedgerEntry | None]:
    if not may_see_stock(context):
        return [None] * len(ids)
    return [None if row is None else StockLedgerEntry.of(row) for row in await find_entries(context.infra, ids)]


register_node("StockLedgerEntry", _load_ledger_entries)
