"""The roots of the schema: one line an area."""

from strawberry.tools import merge_types

from resolvers.shared.node import NodeQuery
from resolvers.user.mutations import UserMutation
from resolvers.user.queries import UserQuery

Query = merge_types(
    "Query",
    (
        NodeQuery,
        UserQuery,
    ),
)
Mutation = merge_types(
    "Mutation",
    (UserMutation,),
)

# Types that no field names, only ``node``.
TYPES: tuple[type, ...] = ()
