"""The types of price lists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from models import ListedPrice
from models.documents import VariantDoc
from models.enums import Role, Scope
from resolvers.catalog.types import Variant
from resolvers.shared.connection import encode_cursor
from resolvers.shared.context import Context, Info
from resolvers.shared.errors import IdempotencyConflict, InvalidInput, NotFound, StaleVersion, TryAgain
from resolvers.shared.fields import field
from resolvers.shared.loaded import loaded
from resolvers.shared.money import Money
from resolvers.shared.node import Node, encode_id, pick_nodes, register_node
from resolvers.shared.relay import Connection, Edge, Page, page_info, paged
from resolvers.shared.words import VERSION_NOW
from resolvers.user.group_types import CustomerGroup
from services.price_list.list_prices import count_prices, list_prices
from services.price_list.views import ListView, find_price_lists
from services.shared.pages import KeyPage
from services.user.change_group import find_groups

_SORT = "list-prices"


@strawberry.type(description="What one unit costs by a price list.")
class PriceListPrice:
    price: Money = strawberry.field(description="Of one unit.")
    row: strawberry.Private[ListedPrice]

    @classmethod
    def of(cls, row: ListedPrice) -> "PriceListPrice":
        return cls(price=Money.of(row.amount, row.currency), row=row)

    @field(description="What is sold at it.")
    @loaded(lambda loaders: loaders.variant_by_id, lambda self: self.row.variant_id)
    def variant(self, info: Info, document: VariantDoc | None) -> Variant:
        if document is None:
            raise LookupError(f"variant {self.row.variant_id} is gone")
        return Variant.of(document)


@strawberry.type
class PriceListPriceEdge(Edge[PriceListPrice]): ...


@strawberry.type
class PriceListPriceConnection(Connection[PriceListPriceEdge]):
    list_id: strawberry.Private[UUID]

    @field(description="All prices of the list, on whatever page; counted only when asked for.")
    async def total_count(self, info: Info) -> int:
        return await count_prices(info.context.infra, self.list_id)


@strawberry.type(description="What variants cost customers of some groups. For staff.")
class PriceList(Node):
    name: str = strawberry.field(description="What staff call it.")
    version: int = strawberry.field(description=VERSION_NOW)
    starts_at: datetime | None = strawberry.field(description="From when on it holds; null: since ever.")
    ends_at: datetime | None = strawberry.field(description="Until when it holds; null: for ever.")
    view: strawberry.Private[ListView]

    @classmethod
    def of(cls, view: ListView) -> "PriceList":
        return cls(
            id=encode_id("PriceList", view.id),
            name=view.name,
            version=view.version,
            starts_at=view.starts_at,
            ends_at=view.ends_at,
            view=view,
        )

    @field(description="Whom it is open to, by name; nobody when empty.")
    async def groups(self, info: Info) -> list[CustomerGroup]:
        ids = self.view.group_ids
        found = await find_groups(info.context.infra, ids) if ids else {}
        return list(map(CustomerGroup.of, found.values()))

    @field(description="Its prices, those of the oldest variants first.")
    @paged
    async def prices(self, info: Info, page: Page) -> PriceListPriceConnection:
        asked = page.by(_SORT, UUID, str)
        keys = KeyPage(asked.limit, asked.after, asked.before, asked.backwards)
        cut = await list_prices(info.context.infra, self.view.id, keys)  # type: ignore[arg-type]
        edges = [
            PriceListPriceEdge(
                cursor=encode_cursor(_SORT, row.variant_id, row.currency), node=PriceListPrice.of(row)
            )
            for row in cut.rows
        ]
        return PriceListPriceConnection(edges=edges, page_info=page_info(cut, edges), list_id=self.view.id)


@strawberry.type(description="The list is gone, so it is no Node any more, and nobody is sold to by it.")
class DeletedPriceList:
    id: strawberry.ID = strawberry.field(description="The one that it had.")


CreatePriceListResult = Annotated[
    PriceList | NotFound | InvalidInput | IdempotencyConflict | TryAgain,
    strawberry.union("CreatePriceListResult"),
]
ChangePriceListResult = Annotated[
    PriceList | NotFound | StaleVersion | InvalidInput | TryAgain,
    strawberry.union("ChangePriceListResult"),
]
DeletePriceListResult = Annotated[
    DeletedPriceList | NotFound | StaleVersion | InvalidInput | TryAgain,
    strawberry.union("DeletePriceListResult"),
]


async def _load_lists(context: Context, ids: Sequence[UUID]) -> list[PriceList | None]:
    """Load lists for staff."""
    may = context.viewer is not None and context.viewer.may(Role.STAFF, Scope.CATALOG_WRITE)
    found = await find_price_lists(context.infra, ids) if may else {}
    return pick_nodes(ids, found, PriceList.of)


register_node("PriceList", _load_lists)
