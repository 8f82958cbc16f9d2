"""The types of a checkout."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from models.order_document import LineSnapshot
from resolvers.order.charges_types import OrderCharges
from resolvers.shared.context import Context
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from services.checkout.create_quote import QuoteView, find_quotes


@strawberry.type(description="A line of the cart, as it was quoted.")
class QuoteLine:
    sku: str = strawberry.field(description="What would be sent.")
    title: str = strawberry.field(description="What it was called.")
    quantity: int = strawberry.field(description="Units that were quoted.")
    unit_price: Money = strawberry.field(description="Of one unit.")
    line_total: Money = strawberry.field(description="`unitPrice` times `quantity`.")

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
class Quote(Node):
    expires_at: datetime = strawberry.field(description="Until when checkout honours it.")
    lines: list[QuoteLine] = strawberry.field(description="What was selected in the cart.")
    charges: OrderCharges = strawberry.field(description="What the total is made of.")
    total: Money = strawberry.field(description="What the order will cost.")

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


async def _load_quotes(context: Context, ids: Sequence[UUID]) -> list[Quote | None]:
    """Load one's own, until they expire."""
    viewer = context.viewer
    found = {} if viewer is None else await find_quotes(context.infra, viewer.user_id, ids)
    return pick_nodes(ids, found, Quote.of)


register_node("Quote", _load_quotes)
