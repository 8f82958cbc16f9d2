"""What groups of customers are sold by in a sale. For staff."""

from datetime import datetime
from decimal import Decimal

import strawberry

from models.enums import Role, Scope
from resolvers.flash_sale.prices import FlashSalePriceInput, listed
from resolvers.flash_sale.types import ChangeFlashSaleResult, FlashSale
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.words import SKU
from services.flash_sale.list_sales import find_sales
from services.flash_sale.set_group_terms import (
    MOST_GROUPS,
    GroupDraft,
    GroupItem,
    TermsWish,
    set_group_terms,
)
from services.shared.errors import InvalidInput

_MOST_ITEMS = 100


@strawberry.input(description="What a group is sold an item by; what is left out is as for everybody.")
class GroupItemInput:
    sku: str = strawberry.field(description=SKU)
    price: Decimal | None = strawberry.field(
        default=None, description="Of one unit, in the currency of the item; the lowest counts."
    )
    per_customer_limit: int | None = strawberry.field(
        default=None, description="The most that one customer may order of it; the highest counts."
    )
    prices: list[FlashSalePriceInput] | None = strawberry.field(
        default=None, description="In other currencies in which the item has a price; the lowest counts."
    )

    def to_service(self) -> GroupItem:
        return GroupItem(self.sku, self.price, self.per_customer_limit, listed(self.prices) or ())


@strawberry.input(description="What a group is sold by.")
class GroupTermsInput:
    group_id: strawberry.ID = strawberry.field(description="Of customerGroups.")
    starts_at: datetime | None = strawberry.field(
        default=None, description="From when on it sells to the group, if that is before `publicFrom`."
    )
    items: list[GroupItemInput] = strawberry.field(default_factory=list, description="Each SKU once.")


@strawberry.input(description="All terms by group that a sale shall have.")
class SetFlashSaleGroupTermsInput:
    id: strawberry.ID = strawberry.field(description="Of the sale, which begins in 10 seconds at the earliest.")
    version: int = strawberry.field(description="As it was read: the change is refused when there was another.")
    public_from: datetime | None = strawberry.field(
        default=None, description="Before this it sells to groups with a start of their own; null: to everybody."
    )
    groups: list[GroupTermsInput] = strawberry.field(default_factory=list, description="Each group once.")

    def to_service(self) -> TermsWish:
        if len(self.groups) > MOST_GROUPS or any(len(one.items) > _MOST_ITEMS for one in self.groups):
            raise InvalidInput.at("groups", message=f"at most {MOST_GROUPS}, of at most {_MOST_ITEMS} items")
        groups = tuple(
            GroupDraft(
                input_id(one.group_id, "CustomerGroup", "groups", str(place), "groupId"),
                one.starts_at,
                tuple(item.to_service() for item in one.items),
            )
            for place, one in enumerate(self.groups)
        )
        return TermsWish(input_id(self.id, "FlashSale", "id"), self.version, self.public_from, groups)


@strawberry.type
class GroupTermsMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.SALES_WRITE,
        description="Set what groups of customers are sold by in a sale that has not begun: an early start, "
        "prices, limits. Of several groups of a customer the best counts.",
    )
    async def set_flash_sale_group_terms(
        self, info: Info, input: SetFlashSaleGroupTermsInput
    ) -> ChangeFlashSaleResult:
        infra, wish = info.context.infra, input.to_service()
        await set_group_terms(infra, wish)
        return FlashSale.of((await find_sales(infra, [wish.sale_id]))[wish.sale_id], infra.now())
