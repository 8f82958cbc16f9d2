"""Watch what is left of a flash-sale item. Open to everybody."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from models.flash_sale_document import FlashItemDoc
from resolvers.flash_sale.types import FlashSaleItem
from resolvers.shared.context import Context, Info
from resolvers.shared.node import argument_id
from resolvers.shared.subscription import subscription
from services.catalog.views import visible
from services.flash_sale.follow_remaining import follow_remaining
from services.shared.errors import NotFound


@strawberry.type
class FlashSaleSubscription:
    @subscription(
        description="What is left of a flash-sale item, at most a few times a second; ends with the sale."
    )
    async def flash_sale_remaining(
        self, info: Info, item_id: Annotated[strawberry.ID, strawberry.argument(description="The item of a sale.")]
    ) -> AsyncGenerator[FlashSaleItem, None]:
        context = info.context
        key = argument_id(item_id, "FlashSaleItem", "itemId")
        document = _shown(context, await context.loaders.flash_item_by_id.load(key))
        following = follow_remaining(context.infra, document)
        async with aclosing(following):
            async for left in following:
                context.reset_loaders()
                document = _shown(context, left.item)
                context.loaders.remaining_by_item.prime(document, left.units)
                yield FlashSaleItem.of(document)
                if document.is_over(context.infra.now()):
                    return


def _shown(context: Context, item: FlashItemDoc | None) -> FlashItemDoc:
    """Errors: NotFound."""
    document = visible(context.viewer, item)
    if document is None:
        raise NotFound("There is no such item.")
    return document
