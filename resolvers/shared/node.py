"""Relay global ids and the ``Node`` interface.

An id is the base64 of ``Type:uuid`` (32 hex digits). Whether the viewer may see a node is for the
loader that its area registers.
"""

from base64 import b64decode
from binascii import Error as NotBase64
from binascii import b2a_base64
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, TypeVar
from uuid import UUID

import strawberry

from resolvers.shared.context import Context, Info
from resolvers.shared.failures import bad_argument
from resolvers.shared.fields import field
from services.shared.errors import InvalidInput

MAX_NODES = 100
_MAX_ID_LENGTH = 200

R = TypeVar("R")
N = TypeVar("N")
NodeLoader = Callable[[Context, Sequence[UUID]], Awaitable[Sequence[object | None]]]
_loaders: dict[str, NodeLoader] = {}


class MalformedId(ValueError):
    """The text is no id of this server; the message is for the client."""


@strawberry.interface(description="Anything with a global id.")
class Node:
    id: strawberry.ID = strawberry.field(
        description="Opaque, and of this one thing in all the schema: what a client may keep it by."
    )


def encode_id(type_name: str, key: UUID) -> strawberry.ID:
    # Of letters, digits and a colon base64 makes no "+" and no "/": it is URL-safe as it is.
    return strawberry.ID(b2a_base64(f"{type_name}:{key.hex}".encode(), newline=False).rstrip(b"=").decode())


def encode_actor(actor: str) -> str:
    """Returns who a history or a ledger names, for staff: a user's global id, or the name as it is."""
    kind, _, key = actor.partition(":")
    try:
        return encode_id("User", UUID(key)) if kind == "user" else actor
    except ValueError:
        return actor


def split_id(gid: str) -> tuple[str, UUID]:
    """Returns the type name and key of any global id. Errors: MalformedId."""
    if len(gid) > _MAX_ID_LENGTH:
        raise MalformedId("is not an id")
    return _split(gid)


# Of a sale thousands ask for the same few.
@lru_cache(maxsize=4096)
def _split(gid: str) -> tuple[str, UUID]:
    try:
        bare = gid.rstrip("=")
        plain = b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
        type_name, separator, key = plain.decode("ascii").partition(":")
        if separator and type_name and len(key) == 32 and key.isalnum():
            return type_name, UUID(hex=key)
    except (NotBase64, ValueError):
        pass
    raise MalformedId("is not an id")


def decode_id(gid: str, type_name: str) -> UUID:
    """Returns the key of an id of this type. Errors: MalformedId."""
    found, key = split_id(gid)
    if found != type_name:
        raise MalformedId(f"is not the id of a {type_name}")
    return key


def input_id(gid: str, type_name: str, *path: str) -> UUID:
    """Returns the key of an id in a mutation's input, at ``input.<path>``. Errors: InvalidInput."""
    try:
        return decode_id(gid, type_name)
    except MalformedId as error:
        raise InvalidInput.at(*path, message=str(error)) from None


def argument_id(gid: str, type_name: str, argument: str) -> UUID:
    """Returns the key of an id in a query's argument. Errors: BAD_USER_INPUT naming the argument."""
    try:
        return decode_id(gid, type_name)
    except MalformedId as error:
        raise bad_argument(argument, str(error)) from None


def register_node(type_name: str, loader: NodeLoader) -> None:
    """Let ``node`` find this type; the loader answers None for what is not there or not the viewer's."""
    if type_name in _loaders:
        raise ValueError(f"{type_name} has a node loader")
    _loaders[type_name] = loader


def node_names() -> frozenset[str]:
    """Returns the names that ids of nodes have: the types', and those of what has an id beside its type's."""
    return frozenset(_loaders)


def pick_nodes(ids: Sequence[UUID], found: Mapping[UUID, R], show: Callable[[R], N]) -> list[N | None]:
    """Returns the node of each id that was found, in their order; None for the others."""
    return [show(found[id_]) if id_ in found else None for id_ in ids]


async def load_nodes(context: Context, ids: Sequence[tuple[str, UUID]]) -> list[object | None]:
    """Load the nodes in the order of ``ids``, one loader call a type; None for an unknown type."""
    keys: dict[str, list[UUID]] = defaultdict(list)
    for type_name, key in ids:
        if type_name in _loaders:
            keys[type_name].append(key)
    found: dict[tuple[str, UUID], object | None] = {}
    for type_name, wanted in keys.items():
        nodes = await _loaders[type_name](context, wanted)
        found.update(((type_name, key), node) for key, node in zip(wanted, nodes, strict=True))
    return [found.get(id_) for id_ in ids]


def _split_argument(gid: str, argument: str) -> tuple[str, UUID]:
    try:
        return split_id(gid)
    except MalformedId as error:
        raise bad_argument(argument, str(error)) from None


@strawberry.type
class NodeQuery:
    @field(description="Any object by its id; null when it is not there or not yours.")
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Of anything in the schema that has one.")],
    ) -> Node | None:
        [found] = await load_nodes(info.context, [_split_argument(id, "id")])
        return found  # type: ignore[return-value]  # the registered loaders answer with Node types

    @field(description="Objects by their ids, in that order; at most 100.")
    async def nodes(
        self,
        info: Info,
        ids: Annotated[list[strawberry.ID], strawberry.argument(description="Of whatever kinds, 100 at most.")],
    ) -> list[Node | None]:
        if len(ids) > MAX_NODES:
            raise bad_argument("ids", f"at most {MAX_NODES}")
        split = [_split_argument(gid, f"ids[{place}]") for place, gid in enumerate(ids)]
        return await load_nodes(info.context, split)  # type: ignore[return-value]
