"""The roots of the schema: one line an area."""

from strawberry.tools import merge_types

from resolvers.catalog.mutations import CatalogMutation
from resolvers.catalog.queries import CatalogQuery
from resolvers.shared.node import NodeQuery
from resolvers.user.mutations import UserMutation
from resolvers.user.queries import UserQuery

Query = merge_types(
    "Query",
    (
        NodeQuery,
        UserQuery,
        CatalogQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        UserMutation,
        CatalogMutation,
    ),
)

# Types that no field names, only ``node``.
TYPES: tuple[type, ...] = ()
