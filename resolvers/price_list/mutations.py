"""Price lists of groups of customers. For staff."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import strawberry

from models.enums import Role, Scope
from resolvers.price_list.types import (
    ChangePriceListResult,
    CreatePriceListResult,
    DeletedPriceList,
    DeletePriceListResult,
    PriceList,
)
from resolvers.shared.asked import asked_by
from resolvers.shared.context import Info
from resolvers.shared.mutation import mutation
from resolvers.shared.node import input_id
from resolvers.shared.permissions import signed_in
from resolvers.shared.restricted import restricted
from resolvers.shared.words import IDEMPOTENCY_KEY, SKU
from services.price_list.change_price_list import change_price_list
from services.price_list.create_price_list import create_price_list
from services.price_list.delete_price_list import delete_price_list
from services.price_list.rules import MOST_AT_ONCE, MOST_GROUPS, ListDraft, PriceWish
from services.price_list.set_list_prices import set_list_prices
from services.price_list.views import find_price_lists
from services.shared.errors import InvalidInput

_VERSION: Final = "As it was read: refused when there was another change."
_NAME: Final = "1 to 100 characters."
_GROUPS: Final = f"Of customerGroups: whom it is open to. At most {MOST_GROUPS}, each once."
_STARTS: Final = "From when on it holds; at once when left out."
_ENDS: Final = "Until when it holds; for ever when left out."
_LIST: Final = "Of the price list."


@strawberry.input(description="A new price list, which has no prices yet.")
class CreatePriceListInput:
    name: str = strawberry.field(description=_NAME)
    group_ids: list[strawberry.ID] = strawberry.field(default_factory=list, description=_GROUPS)
    starts_at: datetime | None = strawberry.field(default=None, description=_STARTS)
    ends_at: datetime | None = strawberry.field(default=None, description=_ENDS)
    idempotency_key: str = strawberry.field(description=IDEMPOTENCY_KEY)


@strawberry.input(description="What a price list is to be; its prices stay as they are.")
class ChangePriceListInput:
    id: strawberry.ID = strawberry.field(description=_LIST)
    version: int = strawberry.field(description=_VERSION)
    name: str = strawberry.field(description=_NAME)
    group_ids: list[strawberry.ID] = strawberry.field(default_factory=list, description=_GROUPS)
    starts_at: datetime | None = strawberry.field(default=None, description=_STARTS)
    ends_at: datetime | None = strawberry.field(default=None, description=_ENDS)


@strawberry.input(description="A price list that is to go.")
class DeletePriceListInput:
    id: strawberry.ID = strawberry.field(description=_LIST)
    version: int = strawberry.field(description=_VERSION)


@strawberry.input(description="What a variant is to cost by a list, in one currency.")
class PriceListPriceInput:
    sku: str = strawberry.field(description=SKU)
    currency_code: str = strawberry.field(description="ISO 4217, such as EUR.")
    price: Decimal | None = strawberry.field(default=None, description="Of one unit; null takes it off the list.")


@strawberry.input(description="Prices of a list; those that are not named stay as they are.")
class SetPriceListPricesInput:
    id: strawberry.ID = strawberry.field(description=_LIST)
    version: int = strawberry.field(description=_VERSION)
    prices: list[PriceListPriceInput] = strawberry.field(
        description=f"1 to {MOST_AT_ONCE}, each SKU and currency once."
    )


@strawberry.type
class PriceListQuery:
    @restricted(Role.STAFF, scope=Scope.CATALOG_WRITE, description="All price lists, by name.")
    async def price_lists(self, info: Info) -> list[PriceList]:
        return list(map(PriceList.of, (await find_price_lists(info.context.infra)).values()))


@strawberry.type
class PriceListMutation:
    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Make a price list for groups of customers. Of the prices of their lists and everybody's the "
        "lowest counts, in the catalog, in carts and orders.",
    )
    async def create_price_list(self, info: Info, input: CreatePriceListInput) -> CreatePriceListResult:
        draft = ListDraft(input.name, _groups(input.group_ids), input.starts_at, input.ends_at)
        asked = asked_by(info, input.idempotency_key)
        return PriceList.of(await create_price_list(info.context.infra, draft, asked))

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Change what a price list is called, whom it is open to, and when it holds.",
    )
    async def change_price_list(self, info: Info, input: ChangePriceListInput) -> ChangePriceListResult:
        list_id, by = input_id(input.id, "PriceList", "id"), signed_in(info).user_id
        draft = ListDraft(input.name, _groups(input.group_ids), input.starts_at, input.ends_at)
        return PriceList.of(await change_price_list(info.context.infra, list_id, input.version, draft, by))

    @mutation(Role.STAFF, scope=Scope.CATALOG_WRITE, description="Delete a price list with its prices.")
    async def delete_price_list(self, info: Info, input: DeletePriceListInput) -> DeletePriceListResult:
        list_id, by = input_id(input.id, "PriceList", "id"), signed_in(info).user_id
        await delete_price_list(info.context.infra, list_id, input.version, by)
        return DeletedPriceList(id=input.id)

    @mutation(
        Role.STAFF,
        scope=Scope.CATALOG_WRITE,
        description="Set prices of a list, and take others off it: all or none.",
    )
    async def set_price_list_prices(self, info: Info, input: SetPriceListPricesInput) -> ChangePriceListResult:
        if len(input.prices) > MOST_AT_ONCE:
            raise InvalidInput.at("prices", message=f"must be 1 to {MOST_AT_ONCE}")
        list_id, by = input_id(input.id, "PriceList", "id"), signed_in(info).user_id
        wishes = [PriceWish(one.sku, one.currency_code, one.price) for one in input.prices]
        return PriceList.of(await set_list_prices(info.context.infra, list_id, input.version, wishes, by))


def _groups(given: Sequence[strawberry.ID]) -> tuple[UUID, ...]:
    """Errors: InvalidInput."""
    if len(given) > MOST_GROUPS:
        raise InvalidInput.at("groupIds", message=f"must be at most {MOST_GROUPS}, each once")
    return tuple(input_id(gid, "CustomerGroup", "groupIds", str(place)) for place, gid in enumerate(given))
