"""What staff look at: warehouses, and the ledger of stock."""

from typing import Annotated

import strawberry

from models import StockCause
from models.enums import Role, Scope
from resolvers.shared.context import Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.node import argument_id
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from resolvers.stock.ledger_types import StockLedgerConnection, ledger_connection
from resolvers.warehouse.types import Warehouse
from services.shared.texts import sku_problem
from services.stock.list_ledger import LedgerFilter
from services.stock.list_warehouses import list_warehouses


@strawberry.type
class StockQuery:
    @restricted(
        Role.STAFF,
        scope=Scope.STOCK_WRITE,
        description="All warehouses, in the order in which orders take from them.",
    )
    async def warehouses(self, info: Info) -> list[Warehouse]:
        return [Warehouse.of(row) for row in await list_warehouses(info.context.infra)]

    @restricted(
        Role.STAFF, scope=Scope.STOCK_WRITE, description="Every change of stock that matches, the newest first."
    )
    @paged
    async def stock_ledger(
        self,
        info: Info,
        page: Page,
        sku: Annotated[str | None, strawberry.argument(description="Of this SKU only.")] = None,
        warehouse_id: Annotated[
            strawberry.ID | None, strawberry.argument(description="Of this warehouse only.")
        ] = None,
        cause: Annotated[
            StockCause | None, strawberry.argument(description="What was changed for this reason only.")
        ] = None,
    ) -> StockLedgerConnection:
        if sku is not None and (problem := sku_problem(sku)):
            raise bad_argument("sku", problem)
        place = None if warehouse_id is None else argument_id(warehouse_id, "Warehouse", "warehouseId")
        return await ledger_connection(info, LedgerFilter(sku, place, cause), page)
