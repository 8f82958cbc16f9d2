"""The types of a checkout."""

from datetime import datetime

import strawberry

from models.order_document import LineSnapshot
from resolvers.order.types import OrderCharges
from resolvers.shared.money import Money
from resolvers.shared.node import encode_id
from services.checkout.create_quote import QuoteView


@strawberry.type
class QuoteLine:
    sku: str
    title: str
    quantity: int
    unit_price: Money
    line_total: Money

    @classmethod
    def of(cls, line: LineSnapshot, currency: str) -> "QuoteLine":
        return cls(
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price=Money.of(line.unit_price, currency),
            line_total=Money.of(line.unit_price * line.quantity, currency),
        )


@strawberry.type(description="A price that checkout honours until it expires, of the cart as it was.")
class Quote:
    id: strawberry.ID
    expires_at: datetime
    lines: list[QuoteLine]
    charges: OrderCharges
    total: Money

    @classmethod
    def of(cls, view: QuoteView) -> "Quote":
        order = view.order
        assert order.charges is not None
        return cls(
            id=encode_id("Quote", view.id),
            expires_at=view.expires_at,
            lines=[QuoteLine.of(line, order.currency) for line in order.lines],
            charges=OrderCharges.of(order.charges, order.currency),
            total=Money.of(order.total, order.currency),
        )
