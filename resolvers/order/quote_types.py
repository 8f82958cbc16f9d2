"""The types of quotes of flash orders."""

from datetime import datetime
from typing import Annotated

import strawberry

from infra.clock import from_millis
from resolvers.order.charges_types import OrderCharges
from resolvers.shared.errors import FlashSaleNotRunning, InvalidInput, NotFound, TryAgain
from resolvers.shared.money import Money
from resolvers.shared.node import encode_id
from services.order.flash_quotes import FlashQuote as Quote


@strawberry.type(description="Units of one item in a quote.")
class FlashQuoteLine:
    item_id: strawberry.ID = strawberry.field(description="The item of the sale.")
    quantity: int = strawberry.field(description="Units that were quoted.")
    unit_price: Money = strawberry.field(description="Of one unit.")


@strawberry.type(description="What a flash order will cost: placeFlashOrder takes it until it expires.")
class FlashQuote:
    quote: str = strawberry.field(description="Signed, and of this customer: what placeFlashOrder takes.")
    expires_at: datetime = strawberry.field(description="Until when placeFlashOrder honours it.")
    unit_price: Money = strawberry.field(description="Of one unit of the first item.")
    quantity: int = strawberry.field(description="Units of the first item.")
    lines: list[FlashQuoteLine] = strawberry.field(description="All that was quoted, an item each.")
    charges: OrderCharges = strawberry.field(description="What the total is made of.")
    total: Money = strawberry.field(description="What the order will cost.")

    @classmethod
    def of(cls, quote: Quote, text: str) -> "FlashQuote":
        lines = [
            FlashQuoteLine(
                item_id=encode_id("FlashSaleItem", item.item_id),
                quantity=item.quantity,
                unit_price=Money.of(item.price, quote.currency),
            )
            for item in quote.items
        ]
        return cls(
            quote=text,
            expires_at=from_millis(quote.expires_ms),
            unit_price=lines[0].unit_price,
            quantity=lines[0].quantity,
            lines=lines,
            charges=OrderCharges.of(quote.charges, quote.currency),
            total=Money.of(quote.charges.total, quote.currency),
        )


QuoteFlashOrderResult = Annotated[
    FlashQuote | FlashSaleNotRunning | NotFound | TryAgain | InvalidInput,
    strawberry.union("QuoteFlashOrderResult"),
]
