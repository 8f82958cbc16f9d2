"""The types of flash sales."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import strawberry

from models.documents import VariantDoc
from models.enums import FlashSaleStatus, Role, Scope
from models.flash_sale_document import FlashItemDoc, FlashSaleDoc
from resolvers.catalog.types import Variant
from resolvers.shared.caching import COUNTS, cached
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import (
    FlashSaleStateConflict,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    OutOfStock,
    StaleVersion,
    TryAgain,
)
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.money import Currency, Money, known_currency
from resolvers.shared.node import Node, encode_id, register_node
from resolvers.shared.relay import Connection, Edge
from services.catalog.views import visible
from services.flash_sale.item_figures import ItemFigures
from services.flash_sale.terms_for import terms_for

ALLOWS_CODES: Final = "Its orders may use a discount code: see quoteFlashOrder."
REQUIRES_DELIVERY: Final = (
    "Its orders must say where they go and how: they are placed with a quote that has an address and a way to "
    "ship."
)


@strawberry.type(
    description="A window of time in which set-aside stock is sold at a price of its own.",
    directives=[cached(COUNTS)],
)
class FlashSale(Node):
    name: str = strawberry.field(description="What customers are shown.")
    starts_at: datetime = strawberry.field(description="From when on it sells.")
    ends_at: datetime = strawberry.field(description="Until when it sells.")
    status: FlashSaleStatus = strawberry.field(description="What it does at this moment.")
    paused: bool = strawberry.field(description="A sale that is paused before it begins does not begin.")
    version: int = strawberry.field(description="Counts the changes of the sale.")
    cancelled_at: datetime | None = strawberry.field(description="When the sale was called off before it began.")
    settled_at: datetime | None = strawberry.field(
        description="When what was unsold returned to ordinary stock: the last step of a sale that has ended."
    )
    admit_per_second: int | None = strawberry.field(
        description="The sale has a waiting room, which lets in so many; null: no ticket is needed."
    )
    allows_codes: bool = strawberry.field(description=ALLOWS_CODES)
    requires_delivery: bool = strawberry.field(description=REQUIRES_DELIVERY)
    confirmed_email_only: bool = strawberry.field(
        description="It sells to nobody whose e-mail address is not confirmed."
    )
    document: strawberry.Private[FlashSaleDoc]

    @classmethod
    def of(cls, document: FlashSaleDoc, now: datetime) -> "FlashSale":
        return cls(
            id=encode_id("FlashSale", document.id),
            name=document.name,
            starts_at=document.starts_at,
            ends_at=document.ends_at,
            status=document.status(now),
            paused=document.paused,
            version=document.version,
            cancelled_at=document.cancelled_at,
            settled_at=document.settled_at,
            admit_per_second=document.admit_per_second,
            allows_codes=document.allows_codes,
            requires_delivery=document.requires_delivery,
            confirmed_email_only=document.confirmed_email_only,
            document=document,
        )

    @field(description="Without those whose product is not published.", max_age=COUNTS)
    async def items(self, info: Info) -> list["FlashSaleItem"]:
        found = await info.context.loaders.flash_item_by_id.load_many(self.document.item_ids)
        shown = (visible(info.context.viewer, item) for item in found)
        return [FlashSaleItem.of(item) for item in shown if item is not None]


@strawberry.type(description="What an item has sold, as far as the workers have persisted its orders.")
class FlashSaleItemFigures:
    awaiting_payment: int = strawberry.field(description="Units in orders that are not paid yet.")
    paid: int = strawberry.field(description="Units in orders that are paid.")
    revenue: Money = strawberry.field(description="What was paid for these in the variant's own currency.")
    revenues: list[Money] = strawberry.field(description="What was paid for these, by currency; its own first.")

    @classmethod
    def of(cls, figures: ItemFigures, currency: str) -> "FlashSaleItemFigures":
        revenues = {currency: 0} | dict(figures.revenues)
        return cls(
            awaiting_payment=figures.awaiting_payment,
            paid=figures.paid,
            revenue=Money.of(revenues[currency], currency),
            revenues=[Money.of(amount, code) for code, amount in revenues.items()],
        )


@strawberry.type(description="What one customer is sold an item by.")
class FlashSaleItemTerms:
    price: Money = strawberry.field(description="Of one unit.")
    per_customer_limit: int = strawberry.field(description="The most that they may hold or have bought of it.")
    starts_at: datetime = strawberry.field(description="From when on it sells to them.")


@strawberry.type(
    directives=[cached(COUNTS)], description="A variant in a flash sale, with stock and a price of its own there."
)
class FlashSaleItem(Node):
    quantity: int = strawberry.field(description="Set aside for the sale.")
    per_customer_limit: int = strawberry.field(
        description="The most that one customer may hold or have bought of this item, over all their orders."
    )
    document: strawberry.Private[FlashItemDoc]

    @classmethod
    def of(cls, document: FlashItemDoc) -> "FlashSaleItem":
        return cls(
            id=encode_id("FlashSaleItem", document.id),
            quantity=document.quantity,
            per_customer_limit=document.per_customer_limit,
            document=document,
        )

    @field(max_age=COUNTS, description="The sale that it is in.")
    @loaded(lambda loaders: loaders.flash_sale_by_id, lambda self: self.document.sale_id)
    def sale(self, info: Info, document: FlashSaleDoc | None) -> FlashSale:
        if document is None:
            raise LookupError(f"flash-sale item {self.document.id} without its sale")
        return FlashSale.of(document, info.context.infra.now())

    @field(max_age=COUNTS, description="What is sold.")
    @loaded(lambda loaders: loaders.variant_by_id, lambda self: self.document.variant_id)
    def variant(self, info: Info, document: VariantDoc | None) -> Variant:
        if document is None:
            raise LookupError(f"flash-sale item {self.document.id} without its variant")
        return Variant.of(document)

    @field(
        max_age=COUNTS,
        description="Of one unit, while the sale runs; in the currency asked for when it has such a price, else "
        "in the variant's own.",
    )
    def price(self, currency: Currency = None) -> Money:
        found, price = self.document.price_in(known_currency(currency))
        return Money.of(price, found)

    @field(max_age=COUNTS, description="In all currencies in which it can be bought, the variant's own first.")
    def prices(self) -> list[Money]:
        own = (self.document.currency, self.document.price)
        return [Money.of(price, currency) for currency, price in (own, *self.document.prices)]

    @field(description="Left to order now.", max_age=COUNTS)
    @loaded(lambda loaders: loaders.remaining_by_item, lambda self: self.document)
    def remaining(self, info: Info, units: int) -> int:
        return units

    @field(description="What the viewer is sold it by, as a member of groups; for everybody else as for all.")
    def my_terms(self, info: Info, currency: Currency = None) -> FlashSaleItemTerms:
        viewer = info.context.viewer
        groups = viewer.groups if viewer is not None else ()
        item, _ = terms_for(self.document, groups, known_currency(currency))
        return FlashSaleItemTerms(
            price=Money.of(item.price, item.currency),
            per_customer_limit=item.per_customer_limit,
            starts_at=item.starts_at,
        )

    @field(description="For those who may change sales; null for everybody else.")
    async def figures(self, info: Info) -> FlashSaleItemFigures | None:
        viewer = info.context.viewer
        if viewer is None or not viewer.may(Role.STAFF, Scope.SALES_WRITE):
            return None
        found = await info.context.loaders.figures_by_item.load(self.document.id)
        return FlashSaleItemFigures.of(found, self.document.currency)


async def open_items(info: Info, variant_ids: Sequence[UUID]) -> list[FlashSaleItem]:
    """Load the items of these variants in sales that run or are to come, the sale that starts first first."""
    found = await info.context.loaders.open_items_by_variant.load_many(variant_ids)
    items = sorted((item for of_one in found for item in of_one), key=lambda item: (item.starts_at, item.id))
    return [FlashSaleItem.of(item) for item in items if visible(info.context.viewer, item)]


@strawberry.type(directives=[cached(COUNTS)])
class FlashSaleEdge(Edge[FlashSale]): ...


@strawberry.type(directives=[cached(COUNTS)])
class FlashSaleConnection(Connection[FlashSaleEdge]): ...


ChangeFlashSaleResult = Annotated[
    FlashSale | NotFound | StaleVersion | FlashSaleStateConflict | OutOfStock | InvalidInput | TryAgain,
    strawberry.union("ChangeFlashSaleResult"),
]
FlashSaleStateResult = Annotated[
    FlashSale | NotFound | FlashSaleStateConflict | StaleVersion | TryAgain | InvalidInput,
    strawberry.union("FlashSaleStateResult"),
]
ScheduleFlashSaleResult = Annotated[
    FlashSale | OutOfStock | NotFound | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("ScheduleFlashSaleResult"),
]


async def _load_sales(context: Context, ids: Sequence[UUID]) -> list[FlashSale | None]:
    now = context.infra.now()
    return [
        FlashSale.of(doc, now) if doc else None for doc in await context.loaders.flash_sale_by_id.load_many(ids)
    ]


async def _load_items(context: Context, ids: Sequence[UUID]) -> list[FlashSaleItem | None]:
    found = await context.loaders.flash_item_by_id.load_many(ids)
    return [FlashSaleItem.of(shown) if (shown := visible(context.viewer, doc)) else None for doc in found]


register_node("FlashSale", _load_sales)
register_node("FlashSaleItem", _load_items)
