"""Watch what is left of a flash-sale item. Open to everybody."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

import strawberry

from models.enums import FlashSaleStatus
from models.flash_sale_document import FlashItemDoc
from resolvers.flash_sale.types import FlashSaleItem
from resolvers.shared.context import Context, Info
from resolvers.shared.node import argument_id
from resolvers.shared.subscription import subscription
from services.catalog.visibility import visible
from services.errors import NotFound
from services.flash_sale.follow_remaining import follow_remaining


@strawberry.type
class FlashSaleSubscription:
    @subscription(
        description="What is left of a flash-sale item, at most a few times a second; ends with the sale."
    )
    async def flash_sale_remaining(
        self, info: Info, item_id: strawberry.ID
    ) -> AsyncGenerator[FlashSaleItem, None]:
        context = info.context
        key = argument_id(item_id, "FlashSaleItem", "itemId")
        following = follow_remaining(context.infra, await _item(context, key))
        async with aclosing(following):
            async for left in following:
                context.look_anew()
                document = await _item(context, key)
                context.loaders.remaining_by_item.prime(document, left)
                yield FlashSaleItem.of(document)
                if await _has_ended(context, document):
                    return


async def _item(context: Context, key: UUID) -> FlashItemDoc:
    document = visible(context.viewer, await context.loaders.flash_item_by_id.load(key))
    if document is None:
        raise NotFound("There is no such item.")
    return document


async def _has_ended(context: Context, item: FlashItemDoc) -> bool:
    sale = await context.loaders.flash_sale_by_id.load(item.sale_id)
    return sale is None or sale.status(context.infra.now()) is FlashSaleStatus.ENDED
