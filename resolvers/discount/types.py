"""The types of discount codes."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import strawberry

from models import DiscountCode as Row
from models.enums import DiscountKind, Role, Scope
from resolvers.shared.context import Context
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.relay import Counted, Edge, count_of
from services.discount.find_code import codes_by_id


@strawberry.type(description="A code that takes something off an order. Its terms never change.")
class DiscountCode(Node):
    code: str = strawberry.field(description="What customers type, in capitals.")
    kind: DiscountKind = strawberry.field(description="What it takes off.")
    percent: Decimal | None = strawberry.field(description="Off the lines; null: it is of another kind.")
    amount: Money | None = strawberry.field(description="Off the lines; null: it is of another kind.")
    starts_at: datetime | None = strawberry.field(description="From when on it is good.")
    ends_at: datetime | None = strawberry.field(description="Until when it is good; null: for ever.")
    max_uses: int | None = strawberry.field(description="By all together; null: any number.")
    max_uses_per_customer: int | None = strawberry.field(description="By one customer; null: any number.")
    used: int = strawberry.field(description="Orders that have it: unpaid, paid or shipped.")
    disabled_at: datetime | None = strawberry.field(description="Since when it is good no more.")

    @classmethod
    def of(cls, row: Row) -> "DiscountCode":
        is_amount = row.currency is not None
        return cls(
            id=encode_id("DiscountCode", row.id),
            code=row.code,
            kind=DiscountKind(row.kind),
            percent=Decimal(row.rate) / 10_000 if row.rate else None,
            amount=Money.of(row.amount, row.currency) if is_amount and row.currency else None,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            max_uses=row.max_uses,
            max_uses_per_customer=row.max_uses_per_customer,
            used=row.used,
            disabled_at=row.disabled_at,
        )


@strawberry.type
class DiscountCodeEdge(Edge[DiscountCode]): ...


@strawberry.type
class DiscountCodeConnection(Counted[DiscountCodeEdge]):
    total_count = count_of("codes")


async def _load_codes(context: Context, ids: Sequence[UUID]) -> list[DiscountCode | None]:
    """For those who may look one up."""
    may = context.viewer is not None and context.viewer.may(Role.STAFF, Scope.DISCOUNTS_WRITE)
    return pick_nodes(ids, await codes_by_id(context.infra, ids) if may else {}, DiscountCode.of)


register_node("DiscountCode", _load_codes)
