"""The entities that other subgraphs may refer to, and what stands for one of them there."""

from typing import Annotated, Final, NewType, NoReturn

import strawberry
from strawberry.types.scalar import ScalarDefinition

from resolvers.catalog.types import Product, Variant
from resolvers.flash_sale.types import FlashSale
from resolvers.order.types import Order
from resolvers.user.types import User

ENTITIES: Final = ("FlashSale", "Order", "Product", "User", "Variant")
"""Each is known by its id."""

Entity = Annotated[
    FlashSale | Order | Product | User | Variant,
    strawberry.union("_Entity", description="What other subgraphs may refer to, and add fields to."),
]


@strawberry.type(name="_Service", description="This subgraph.")
class Service:
    sdl: str = strawberry.field(
        description="Its part of the whole graph, for whoever composes that, without what gateways alone ask for."
    )


Any = NewType("Any", object)


def _serialize(_value: object) -> NoReturn:
    raise TypeError("_Any is for input only")


ANY: Final[ScalarDefinition] = strawberry.scalar(
    name="_Any",
    description="What stands for an entity: an object with its `__typename` and its `id`.",
    serialize=_serialize,
    parse_value=lambda value: value,
)
