"""The two fields that a gateway asks a subgraph for."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

import strawberry

from resolvers.federation.types import ENTITIES, Any, Entity, Service
from resolvers.shared.context import Info
from resolvers.shared.failures import bad_argument, forbidden
from resolvers.shared.fields import field
from resolvers.shared.node import MalformedId, decode_id, load_nodes

MAX_REPRESENTATIONS: Final = 1000
"""A page of a hundred things elsewhere, each with ten of ours."""

Representations = Annotated[
    list[Any], strawberry.argument(description=f"Of whatever kinds, {MAX_REPRESENTATIONS} at most.")
]


@strawberry.type
class FederationQuery:
    @field(name="_service", description="What a gateway reads of this subgraph when it starts.")
    async def service(self, info: Info) -> Service:
        if not info.context.infra.settings.introspection:
            raise forbidden()
        return Service(sdl=info.schema.as_str())

    @field(
        name="_entities",
        description="What other subgraphs refer to, in that order; null for what is not there or, as with `node`, "
        "not the viewer's.",
    )
    async def entities(self, info: Info, representations: Representations) -> list[Entity | None]:
        if len(representations) > MAX_REPRESENTATIONS:
            raise bad_argument("representations", f"at most {MAX_REPRESENTATIONS}")
        wanted = [_read(one, f"representations[{place}]") for place, one in enumerate(representations)]
        ids = list({one: None for one in wanted if one is not None})
        found = dict(zip(ids, await load_nodes(info.context, ids), strict=True))
        return [None if one is None else found[one] for one in wanted]  # type: ignore[misc]  # of these types


def _read(representation: object, argument: str) -> tuple[str, UUID] | None:
    """Returns type and key; None for an id that is none: out of another subgraph's data, it is no fault of the
    request, and the others are to be found all the same.

    Errors: BAD_USER_INPUT.
    """
    if not isinstance(representation, Mapping):
        raise bad_argument(argument, "an object with __typename and id is needed")
    name, id_ = representation.get("__typename"), representation.get("id")
    if name not in ENTITIES:
        raise bad_argument(f"{argument}.__typename", f"must be one of {', '.join(ENTITIES)}")
    if not isinstance(id_, str):
        raise bad_argument(f"{argument}.id", "is missing, or no text")
    try:
        return name, decode_id(id_, name)
    except MalformedId:
        return None
