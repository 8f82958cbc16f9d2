"""The document of a definition of metadata."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from models.enums import MetadataOwner, MetadataType, MetadataVisibility
from models.metadata import MetadataDefinition

Meta = Mapping[str, str]
"""Values by the hex of their definitions' ids."""


@dataclass(frozen=True, slots=True)
class DefinitionDoc:
    id: UUID
    owner: MetadataOwner
    key: str
    type: MetadataType
    visibility: MetadataVisibility
    description: str
    version: int

    @property
    def is_public(self) -> bool:
        return self.visibility is MetadataVisibility.PUBLIC


def definition_doc(row: MetadataDefinition) -> DefinitionDoc:
    return DefinitionDoc(
        row.id,
        MetadataOwner(row.owner),
        row.key,
        MetadataType(row.type),
        MetadataVisibility(row.visibility),
        row.description,
        row.version,
    )


def dump_definitions(found: Iterable[DefinitionDoc]) -> bytes:
    return orjson.dumps(list(found))


def load_definitions(raw: bytes) -> tuple[DefinitionDoc, ...]:
    return tuple(map(_load, orjson.loads(raw)))


def _load(data: dict[str, Any]) -> DefinitionDoc:
    return DefinitionDoc(
        UUID(data["id"]),
        MetadataOwner(data["owner"]),
        data["key"],
        MetadataType(data["type"]),
        MetadataVisibility(data["visibility"]),
        data["description"],
        data["version"],
    )
