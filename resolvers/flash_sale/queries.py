"""Look at flash sales. Open to everybody."""

from datetime import datetime
from uuid import UUID

import strawberry

from models.enums import FlashSaleStatus
from resolvers.flash_sale.types import FlashSale, FlashSaleConnection, FlashSaleEdge
from resolvers.shared.caching import COUNTS
from resolvers.shared.connection import encode_cursor, page_arguments
from resolvers.shared.context import Info
from resolvers.shared.fields import field
from resolvers.shared.node import argument_id
from resolvers.shared.relay import page_info
from services.flash_sale.list_sales import list_sales
from services.shared.pages import Cut

_SORT = "flashSales"


@strawberry.type
class FlashSaleQuery:
    @field(description="A flash sale by its id; null when there is none.", max_age=COUNTS)
    async def flash_sale(self, info: Info, id: strawberry.ID) -> FlashSale | None:
        document = await info.context.loaders.flash_sale_by_id.load(argument_id(id, "FlashSale", "id"))
        return None if document is None else FlashSale.of(document, info.context.infra.now())

    @field(description="Flash sales, the one that starts last first.", max_age=COUNTS)
    async def flash_sales(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        status: list[FlashSaleStatus] | None = None,
    ) -> FlashSaleConnection:
        infra = info.context.infra
        page = page_arguments(first, after, sort=_SORT, kinds=(datetime, UUID))
        key: tuple[datetime, UUID] | None = page.after  # type: ignore[assignment]  # of these kinds
        found = await list_sales(infra, limit=page.limit + 1, after=key, statuses=status)
        cut = Cut(found[: page.limit], has_next=len(found) > page.limit, has_previous=page.after is not None)
        edges = [
            FlashSaleEdge(
                cursor=encode_cursor(_SORT, sale.starts_at, sale.id), node=FlashSale.of(sale, infra.now())
            )
            for sale in cut.rows
        ]
        return FlashSaleConnection(edges=edges, page_info=page_info(cut, edges))
