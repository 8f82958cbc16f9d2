"""Look at flash sales. Open to everybody."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models.enums import FlashSaleStatus
from resolvers.flash_sale.types import FlashSale, FlashSaleConnection, FlashSaleEdge
from resolvers.shared.caching import COUNTS
from resolvers.shared.connection import encode_cursor
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.node import argument_id
from resolvers.shared.relay import Page, page_info, paged
from services.flash_sale.list_sales import SaleKey, list_sales
from services.shared.pages import KeyPage

_SORT = "flashSales"


@strawberry.type
class FlashSaleQuery:
    @field(description="A flash sale by its id; null when there is none.", max_age=COUNTS)
    async def flash_sale(
        self, info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="Of the sale.")]
    ) -> FlashSale | None:
        document = await info.context.loaders.flash_sale_by_id.load(argument_id(id, "FlashSale", "id"))
        return None if document is None else FlashSale.of(document, info.context.infra.now())

    @field(description="Flash sales, the one that starts last first.", max_age=COUNTS)
    @paged
    async def flash_sales(
        self,
        info: Info,
        page: Page,
        status: Annotated[
            list[FlashSaleStatus] | None,
            strawberry.argument(description="In one of these states; all when left out."),
        ] = None,
    ) -> FlashSaleConnection:
        infra = info.context.infra
        cut = await list_sales(infra, _keys(page), status)
        edges = [
            FlashSaleEdge(
                cursor=encode_cursor(_SORT, sale.starts_at, sale.id), node=FlashSale.of(sale, infra.now())
            )
            for sale in cut.rows
        ]
        return FlashSaleConnection(edges=edges, page_info=page_info(cut, edges))


def _keys(page: Page) -> KeyPage[SaleKey]:
    """Errors: BAD_USER_INPUT naming the argument at fault."""
    asked = page.by(_SORT, datetime, UUID)
    return KeyPage(asked.limit, asked.after, asked.before, asked.backwards)  # type: ignore[arg-type]  # of these kinds
