"""Definitions of metadata as they are read: from this process's memory or Redis, as long as nothing changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from infra.cache.documents import DocumentCache
from infra.cache.two_levels import TwoLevels
from infra.runtime import Infra
from models import MetadataDefinition
from models.changes import METADATA
from models.enums import MetadataOwner
from models.metadata_document import DefinitionDoc, Meta, definition_doc, dump_definitions, load_definitions
from services.metadata.rules import NO_KEY, canonical, digest
from services.shared.errors import FieldProblem, InvalidInput

_SCHEMA: Final = 1
MOST_WANTED: Final = 5
"""Values that things are looked for by, all at once."""


async def definitions(infra: Infra) -> Sequence[DefinitionDoc]:
    """Returns all that there are, by owner and key. Errors: StoreUnavailable."""
    documents = DocumentCache(
        infra.redis, ttl=infra.settings.cache_ttl, schema=_SCHEMA, gate=infra.fills, counters=infra.counters
    )
    cache = TwoLevels(infra.memory, documents, infra.hearing, infra.counters)

    async def load(keys: Sequence[str]) -> dict[str, bytes]:
        async with infra.database.read() as session:
            return dict.fromkeys(keys, dump_definitions(await read_definitions(session)))

    return (await cache.get_many([METADATA], load, load_definitions))[METADATA]


async def read_definitions(session: AsyncSession) -> list[DefinitionDoc]:
    """Read them from the database."""
    wanted = select(MetadataDefinition).where(MetadataDefinition.deleted_at.is_(None))
    rows = await session.scalars(wanted.order_by(MetadataDefinition.owner, MetadataDefinition.key))
    return list(map(definition_doc, rows))


async def defined_for(session: AsyncSession, owner: MetadataOwner) -> dict[str, DefinitionDoc]:
    """Returns the definitions of an owner by key; they stay until the caller's transaction ends."""
    wanted = select(MetadataDefinition).where(
        MetadataDefinition.owner == owner, MetadataDefinition.deleted_at.is_(None)
    )
    rows = await session.scalars(wanted.order_by(MetadataDefinition.id).with_for_update(read=True))
    return {row.key: definition_doc(row) for row in rows}


def values_of(
    meta: Meta, known: Iterable[DefinitionDoc], owner: MetadataOwner
) -> Iterator[tuple[DefinitionDoc, str]]:
    """Yields the values that an owner has, by key."""
    if meta:
        for definition in known:
            if definition.owner is owner and (value := meta.get(definition.id.hex)) is not None:
                yield definition, value


@dataclass(frozen=True, slots=True)
class Wanted:
    """A key and its value, as somebody typed it."""

    key: str
    value: str


Found = tuple[tuple[UUID, str], ...]
"""A definition's id and a value's digest: one of these it must have."""


async def find_wanted(
    infra: Infra, wanted: Sequence[Wanted], *owners: MetadataOwner, with_private: bool
) -> tuple[Found, ...]:
    """Returns what things of these owners are to have to be found: one of each. Without ``with_private`` private
    keys are not there.

    Errors: InvalidInput at ``filter.metadata.0.key`` and the like, StoreUnavailable.
    """
    if not wanted:
        return ()
    if len(wanted) > MOST_WANTED:
        raise InvalidInput([FieldProblem(("filter", "metadata"), f"at most {MOST_WANTED}")])
    by_key: dict[str, list[DefinitionDoc]] = {}
    for one in await definitions(infra):
        if one.owner in owners and (one.is_public or with_private):
            by_key.setdefault(one.key, []).append(one)
    return tuple(_one_of(place, one, by_key) for place, one in enumerate(wanted))


def _one_of(place: int, wanted: Wanted, by_key: Mapping[str, Sequence[DefinitionDoc]]) -> Found:
    path = ("filter", "metadata", str(place))
    candidates = by_key.get(wanted.key)
    if not candidates:
        raise InvalidInput([FieldProblem((*path, "key"), NO_KEY)])
    read = [(one.id, *canonical(one.type, wanted.value)) for one in candidates]
    found = tuple((id_, digest(value)) for id_, value, problem in read if problem is None)
    if not found:
        raise InvalidInput([FieldProblem((*path, "value"), read[0][2] or "")])
    return found
