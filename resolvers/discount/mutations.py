"""Make discount codes and disable them. For staff."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry

from models.enums import DiscountKind, Role, Scope
from resolvers.discount.types import DiscountCode, DiscountCodeConnection, DiscountCodeEdge
from resolvers.shared.context import Info
from resolvers.shared.errors import InvalidInput, NotFound, TryAgain
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.relay import Page, paged
from resolvers.shared.restricted import restricted
from services.discount.create_code import CodeDraft, create_code, disable_code, look_up_code
from services.discount.list_codes import CodeFilter, count_codes, list_codes

_SORT = "discount-codes"

CreateDiscountCodeResult = Annotated[
    DiscountCode | InvalidInput | TryAgain, strawberry.union("CreateDiscountCodeResult")
]
DisableDiscountCodeResult = Annotated[
    DiscountCode | NotFound | InvalidInput | TryAgain, strawberry.union("DisableDiscountCodeResult")
]


@strawberry.input(description="A new code.")
class CreateDiscountCodeInput:
    code: str = strawberry.field(description="3 to 40 letters, digits, - or _; kept in capitals.")
    kind: DiscountKind = strawberry.field(description="What it takes off.")
    percent: Decimal | None = strawberry.field(
        default=None, description="For PERCENT: off the lines, at most 100."
    )
    amount: Decimal | None = strawberry.field(default=None, description="For AMOUNT: off the lines, at most all.")
    currency_code: str | None = strawberry.field(default=None, description="For AMOUNT: of the orders it is for.")
    starts_at: datetime | None = strawberry.field(
        default=None, description="From when on it is good; at once when left out."
    )
    ends_at: datetime | None = strawberry.field(
        default=None, description="Until when it is good; for ever when left out."
    )
    max_uses: int | None = strawberry.field(default=None, description="Over all orders; without end when absent.")
    max_uses_per_customer: int | None = strawberry.field(
        default=None, description="By one customer; any number when left out."
    )


@strawberry.input(description="A code that is to be good no more.")
class DisableDiscountCodeInput:
    id: strawberry.ID = strawberry.field(description="Of the code.")


@strawberry.type
class DiscountMutation:
    @mutation(Role.STAFF, scope=Scope.DISCOUNTS_WRITE, description="Make a discount code.")
    async def create_discount_code(self, info: Info, input: CreateDiscountCodeInput) -> CreateDiscountCodeResult:
        draft = CodeDraft(
            input.code,
            input.kind,
            input.percent,
            input.amount,
            input.currency_code,
            input.starts_at,
            input.ends_at,
            input.max_uses,
            input.max_uses_per_customer,
        )
        return DiscountCode.of(await create_code(info.context.infra, draft, signed_in(info).actor))

    @mutation(
        Role.STAFF,
        scope=Scope.DISCOUNTS_WRITE,
        description="No new order may use it; those that do keep their discount.",
    )
    async def disable_discount_code(
        self, info: Info, input: DisableDiscountCodeInput
    ) -> DisableDiscountCodeResult:
        code_id = input_id(input.id, "DiscountCode", "id")
        return DiscountCode.of(await disable_code(info.context.infra, code_id))


@strawberry.type
class DiscountQuery:
    @restricted(Role.STAFF, scope=Scope.DISCOUNTS_WRITE, description="A discount code; null when there is none.")
    async def discount_code(
        self, info: Info, code: Annotated[str, strawberry.argument(description="In capitals or not.")]
    ) -> DiscountCode | None:
        row = await look_up_code(info.context.infra, code)
        return None if row is None else DiscountCode.of(row)

    @restricted(Role.STAFF, scope=Scope.DISCOUNTS_WRITE, description="Discount codes, the newest first.")
    @paged
    async def discount_codes(
        self,
        info: Info,
        page: Page,
        begins: Annotated[
            str | None, strawberry.argument(description="How the code begins, in capitals or not.")
        ] = None,
        usable: Annotated[
            bool | None,
            strawberry.argument(description="Whether a new order could have it now; all when left out."),
        ] = None,
    ) -> DiscountCodeConnection:
        infra, wanted = info.context.infra, CodeFilter(begins, usable)
        cut = await list_codes(infra, wanted, page.by_id(_SORT))
        return DiscountCodeConnection.of(
            DiscountCodeEdge, cut, _SORT, DiscountCode.of, lambda: count_codes(infra, wanted)
        )
