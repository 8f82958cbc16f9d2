"""Place and cancel orders; what staff do with them."""

import strawberry

from infra.ranked_turns import Rank
from models.enums import Role, Scope
from models.order_document import OrderView
from resolvers.flash_sale.prices import CURRENCY
from resolvers.order.flash_wish import OTHERS, FlashOrderItemInput, flash_wish, other_items
from resolvers.order.quote_types import FlashQuote, QuoteFlashOrderResult
from resolvers.order.types import (
    AddOrderNoteResult,
    CancelOrderResult,
    CompleteOrderResult,
    CreateShipmentResult,
    Order,
    PlaceFlashOrderResult,
    TagOrderResult,
)
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.words import ADDRESS_ID, IDEMPOTENCY_KEY, ORDER_ID
from services.order.add_note import Note, add_note
from services.order.cancel_order import Cancellation, cancel_order
from services.order.complete_order import complete_order
from services.order.create_shipment import MAX_LINES, ShipmentDraft, create_shipment
from services.order.flash_quotes import FlashQuotes
from services.order.place_flash_order import Buyer, FlashOrder, place_flash_order
from services.order.quote_flash_order import quote_flash_order
from services.order.tag_order import Tagging, tag_order
from services.waiting_room.passes import Passes


@strawberry.input(description="What to order of a sale.")
class PlaceFlashOrderInput:
    item_id: strawberry.ID = strawberry.field(description="The item of the sale, not its variant.")
    quantity: int = strawberry.field(description="Units, within the item's `perCustomerLimit`.")
    idempotency_key: str = strawberry.field(
        description="1 to 128 printable characters, new for each order; the same for a retry."
    )
    address_id: strawberry.ID | None = strawberry.field(default=None, description=ADDRESS_ID)
    pass_: str | None = strawberry.field(
        name="pass", default=None, description="Of the sale's waiting room, if it has one; see enterFlashSale."
    )
    quote: str | None = strawberry.field(
        default=None,
        description="Of quoteFlashOrder, for these items and quantities: order as it was quoted, without "
        "`addressId`. Without one the first way to ship is taken, and the order costs what the rules of the shop "
        "say now.",
    )
    others: list[FlashOrderItemInput] | None = strawberry.field(default=None, description=OTHERS)
    currency_code: str | None = strawberry.field(
        default=None, description=CURRENCY + " A quote has its own: none is needed beside it."
    )


@strawberry.input(description="What may be ordered of a sale, and where it would go.")
class QuoteFlashOrderInput:
    item_id: strawberry.ID = strawberry.field(description="The item of the sale, not its variant.")
    quantity: int = strawberry.field(description="Units.")
    address_id: strawberry.ID | None = strawberry.field(default=None, description=ADDRESS_ID)
    shipping_method: str | None = strawberry.field(
        default=None, description="The code of a way to ship there; the first when absent."
    )
    discount_code: str | None = strawberry.field(
        default=None,
        description="Where the sale allows codes. A use is held for the quote, which is good for one order then.",
    )
    others: list[FlashOrderItemInput] | None = strawberry.field(default=None, description=OTHERS)
    currency_code: str | None = strawberry.field(default=None, description=CURRENCY)


@strawberry.input(description="An order to be cancelled.")
class CancelOrderInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    reason: str | None = strawberry.field(default=None, description="Why, for its history.")


@strawberry.input(description="Units of one line that go into a parcel.")
class ShipmentLineInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units of it in this parcel.")


@strawberry.input(description="A parcel that leaves.")
class CreateShipmentInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    carrier: str = strawberry.field(description="Who brings it.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    tracking_number: str | None = strawberry.field(
        default=None, description="The carrier's number to ask about it."
    )
    lines: list[ShipmentLineInput] | None = strawberry.field(
        default=None, description="Left out: all that is not shipped yet."
    )

    def to_service(self) -> ShipmentDraft:
        lines = None
        if self.lines is not None:
            # No order has so many; the service says so.
            some = self.lines[: MAX_LINES + 1]
            lines = tuple(
                (input_id(line.line_id, "OrderLine", "lines", str(i), "lineId"), line.quantity)
                for i, line in enumerate(some)
            )
        order_id = input_id(self.order_id, "Order", "orderId")
        return ShipmentDraft(order_id, self.carrier, self.tracking_number, lines)


@strawberry.input(description="An order that has arrived.")
class CompleteOrderInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="Something to be said of an order.")
class AddOrderNoteInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    text: str = strawberry.field(description="What is to be said.")
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    visible_to_customer: bool = strawberry.field(
        default=False, description="Whether the customer sees it in the history."
    )


@strawberry.input(
    description="Tags have 1 to 40 characters, and are kept in small letters; an order has 20 at most."
)
class TagOrderInput:
    order_id: strawberry.ID = strawberry.field(description=ORDER_ID)
    add: list[str] = strawberry.field(default_factory=list, description="Put on; what is in both lists as well.")
    remove: list[str] = strawberry.field(default_factory=list, description="Taken off.")


@strawberry.type
class OrderMutation:
    @mutation(
        Role.GUEST, description="Order units of a flash-sale item; the stock is held at once.", rank=Rank.BEGIN
    )
    async def place_flash_order(self, info: Info, input: PlaceFlashOrderInput) -> PlaceFlashOrderResult:
        context, viewer = info.context, signed_in(info)
        customer_id = viewer.user_id
        passes = None if input.pass_ is None else Passes(context.tokens.keys, context.infra.now)
        wish = FlashOrder(
            customer_id=customer_id,
            item_id=input_id(input.item_id, "FlashSaleItem", "itemId"),
            quantity=input.quantity,
            idempotency_key=input.idempotency_key,
            address_id=None if input.address_id is None else input_id(input.address_id, "Address", "addressId"),
            traceparent=context.traceparent,
            admitted_to=None if passes is None else passes.sale_of(input.pass_, customer_id),
            quote=None if input.quote is None else quotes(info).read(input.quote, customer_id),
            others=other_items(input.others),
            buyer=Buyer(viewer.person_id, viewer.email_confirmed, viewer.is_guest, viewer.groups),
            currency=input.currency_code,
        )
        return Order.of(await place_flash_order(context.infra, wish))

    @mutation(
        Role.GUEST,
        description="What an order of a flash sale will cost, shipping and taxes too, before it is placed. Holds "
        "no stock; a sale that begins within the hour can be quoted ahead.",
        rank=Rank.BEGIN,
    )
    async def quote_flash_order(self, info: Info, input: QuoteFlashOrderInput) -> QuoteFlashOrderResult:
        quote = await quote_flash_order(info.context.infra, flash_wish(info, input))
        return FlashQuote.of(quote, quotes(info).sign(quote))

    @mutation(
        Role.GUEST,
        scope=Scope.ORDERS_WRITE,
        description="Cancel an order: its stock and its money are given back. Of one that is shipped in part the "
        "rest is cancelled; it is SHIPPED then.",
    )
    async def cancel_order(self, info: Info, input: CancelOrderInput) -> CancelOrderResult:
        viewer = signed_in(info)
        wish = Cancellation(
            customer_id=viewer.user_id,
            order_id=input_id(input.order_id, "Order", "orderId"),
            reason=input.reason,
            idempotency_key=input.idempotency_key,
            any_owner=viewer.may(Role.STAFF, Scope.ORDERS_WRITE),
            actor=viewer.actor,
        )
        return Order.of(await cancel_order(info.context.infra, wish))

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_SHIP,
        description="Ship a paid order, or a part of it. It is SHIPPED when all of its units are.",
    )
    async def create_shipment(self, info: Info, input: CreateShipmentInput) -> CreateShipmentResult:
        asked = asked_by(info, input.idempotency_key)
        return _changed(info, await create_shipment(info.context.infra, input.to_service(), asked))

    @mutation(Role.STAFF, scope=Scope.ORDERS_SHIP, description="A shipped order has arrived.")
    async def complete_order(self, info: Info, input: CompleteOrderInput) -> CompleteOrderResult:
        order_id = input_id(input.order_id, "Order", "orderId")
        asked = asked_by(info, input.idempotency_key)
        return _changed(info, await complete_order(info.context.infra, order_id, asked))

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Add a note to an order's history, for staff only or for the customer too.",
    )
    async def add_order_note(self, info: Info, input: AddOrderNoteInput) -> AddOrderNoteResult:
        wish = Note(input_id(input.order_id, "Order", "orderId"), input.text, input.visible_to_customer)
        return _changed(info, await add_note(info.context.infra, wish, asked_by(info, input.idempotency_key)))

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Put tags on an order and take others off, to find it by; done again, it changes nothing.",
    )
    async def tag_order(self, info: Info, input: TagOrderInput) -> TagOrderResult:
        wish = Tagging(input_id(input.order_id, "Order", "orderId"), input.add, input.remove)
        return _changed(info, await tag_order(info.context.infra, wish))


def quotes(info: Info) -> FlashQuotes:
    return FlashQuotes(info.context.tokens.keys, info.context.infra.now)


def _changed(info: Info, view: OrderView) -> Order:
    info.context.loaders.forget_orders()
    return Order.of(view)
