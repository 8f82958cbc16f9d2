"""Staff make orders for customers."""

from decimal import Decimal

import strawberry

from models.enums import Role, Scope
from resolvers.draft.types import (
    ChangeDraftOrderResult,
    CreateDraftOrderResult,
    DeletedDraftOrder,
    DeleteDraftOrderResult,
    DraftOrder,
    PlaceDraftOrderResult,
    PlaceDraftOrderSuccess,
)
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.words import IDEMPOTENCY_KEY
from resolvers.user.address_types import OrderAddressInput, draft_of
from services.draft.change_draft import change_draft
from services.draft.create_draft import create_draft
from services.draft.delete_draft import DraftDeletion, delete_draft
from services.draft.place_draft import DraftPlacing, place_draft
from services.draft.rules import MAX_LINES, DraftWish, LineWish

_DRAFT_ID = "The draft."
_VERSION = "Of the draft as it was read."


@strawberry.input(description="Units of a variant that an order is to have.")
class DraftOrderLineInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(description="Units of it.")
    unit_price: Decimal | None = strawberry.field(
        default=None, description="Another price of one than the shop's; needs a `reason`."
    )
    reason: str | None = strawberry.field(default=None, description="Why the price is another.")


@strawberry.input(description="What an order is to be, and for whom: `customerId` or `email`.")
class DraftOrderFields:
    currency_code: str = strawberry.field(description="ISO 4217.")
    lines: list[DraftOrderLineInput] = strawberry.field(description="What is to be ordered; a variant once.")
    customer_id: strawberry.ID | None = strawberry.field(default=None, description="An account, or a guest.")
    email: str | None = strawberry.field(
        default=None, description="Of somebody without an account: a guest is made."
    )
    address: OrderAddressInput | None = strawberry.field(default=None, description="Where it is to go.")
    shipping_method: str | None = strawberry.field(
        default=None, description="The code of a way to ship there; the first when absent."
    )
    discount_code: str | None = strawberry.field(default=None, description="A code that takes something off.")
    note: str | None = strawberry.field(
        default=None, description="What the order's history says; the customer too."
    )

    def to_service(self) -> DraftWish:
        customer = None if self.customer_id is None else input_id(self.customer_id, "User", "customerId")
        return DraftWish(
            currency=self.currency_code,
            lines=tuple(_line(line, place) for place, line in enumerate(self.lines[: MAX_LINES + 1])),
            customer_id=customer,
            email=self.email,
            address=None if self.address is None else draft_of(self.address),
            shipping_method=self.shipping_method,
            discount_code=self.discount_code,
            note=self.note,
        )


def _line(line: DraftOrderLineInput, place: int) -> LineWish:
    variant_id = input_id(line.variant_id, "Variant", "lines", str(place), "variantId")
    return LineWish(variant_id, line.quantity, line.unit_price, line.reason)


@strawberry.input(description="A new draft of an order.")
class CreateDraftOrderInput(DraftOrderFields):
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A draft as it is to be, whole.")
class ChangeDraftOrderInput(DraftOrderFields):
    draft_id: strawberry.ID = strawberry.field(description=_DRAFT_ID)
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="A draft that is to be an order.")
class PlaceDraftOrderInput:
    draft_id: strawberry.ID = strawberry.field(description=_DRAFT_ID)
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    valid_hours: int = strawberry.field(
        default=72, description="How long it is kept without being paid; up to 720."
    )


@strawberry.input(description="A draft that is to be gone.")
class DeleteDraftOrderInput:
    draft_id: strawberry.ID = strawberry.field(description=_DRAFT_ID)
    version: int = strawberry.field(description=_VERSION)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)
    reason: str | None = strawberry.field(
        default=None, description="What the history of its order, if there is one, says; up to 500 characters."
    )


@strawberry.type
class DraftOrderMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Make a draft of an order for a customer. It is priced, and holds neither stock nor a code.",
    )
    async def create_draft_order(self, info: Info, input: CreateDraftOrderInput) -> CreateDraftOrderResult:
        asked = asked_by(info, input.idempotency_key)
        return DraftOrder.of(await create_draft(info.context.infra, input.to_service(), asked))

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Change a draft, whole: it is priced anew. Of two who change one version one wins.",
    )
    async def change_draft_order(self, info: Info, input: ChangeDraftOrderInput) -> ChangeDraftOrderResult:
        asked, draft_id = asked_by(info, input.idempotency_key), input_id(input.draft_id, "DraftOrder", "draftId")
        changed = await change_draft(info.context.infra, draft_id, input.version, input.to_service(), asked)
        return DraftOrder.of(changed)

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Make the order of a draft, at its prices, once: its stock is held, its customer is told, and "
        "the answer has a secret link to pay it.",
    )
    async def place_draft_order(self, info: Info, input: PlaceDraftOrderInput) -> PlaceDraftOrderResult:
        draft_id = input_id(input.draft_id, "DraftOrder", "draftId")
        wish = DraftPlacing(draft_id, input.version, input.valid_hours)
        placed = await place_draft(info.context.infra, wish, asked_by(info, input.idempotency_key))
        return PlaceDraftOrderSuccess.of(placed)

    @mutation(
        Role.STAFF,
        scope=Scope.ORDERS_WRITE,
        description="Delete a draft. An order that was made of it is cancelled if it is not paid: what it holds "
        "goes back, and its secret links lead nowhere. Of one that is paid the draft stays.",
    )
    async def delete_draft_order(self, info: Info, input: DeleteDraftOrderInput) -> DeleteDraftOrderResult:
        draft_id = input_id(input.draft_id, "DraftOrder", "draftId")
        wish = DraftDeletion(draft_id, input.version, input.reason)
        await delete_draft(info.context.infra, wish, asked_by(info, input.idempotency_key))
        return DeletedDraftOrder(id=input.draft_id)
